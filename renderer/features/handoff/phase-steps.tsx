import { phaseOf } from '#shared/domain/merge-phases';
import { elapsed } from '../../ui/elapsed';
import styles from './phase-steps.module.css';
import { StepList } from './step-list';
import type { StepLine } from './story';
import { about, countWords } from './words';

interface PhaseStepsProps {
  lines: readonly StepLine[];
  now: number;
  isPlan?: boolean;
}

interface Part {
  phase: string | null;
  lines: StepLine[];
}

/** The steps below the phase that their titles name; without phases simply the steps. */
export function PhaseSteps({ lines, now, isPlan = false }: PhaseStepsProps) {
  return partsOf(lines).map(({ phase, lines: own }) =>
    phase === null ? (
      <StepList key={own[0]?.id} lines={own} now={now} isPlan={isPlan} />
    ) : (
      <section key={`${phase} ${own[0]?.id}`} aria-label={phase} className={styles.phase}>
        <header className={styles.head}>
          <h3 className={styles.name}>{phase}</h3>
          <span className={styles.count}>{timeOf(own)}</span>
        </header>
        <Window lines={own} now={now} isPlan={isPlan} />
      </section>
    ),
  );
}

/** As many as one reads before and after the one at work; a thousand nodes have a thousand steps. */
const BEFORE = 12;
const AFTER = 30;

/** The steps around the one at work, and how many stand before and after them. */
function Window({ lines, now, isPlan = false }: PhaseStepsProps) {
  const at = lines.findIndex(({ mark }) => mark !== 'done' && mark !== 'left');
  const first = at < 0 ? 0 : Math.max(0, at - BEFORE);
  const shown = lines.slice(first, first + BEFORE + AFTER);
  const after = lines.length - first - shown.length;
  return (
    <>
      {first > 0 && <p className={styles.more}>{`${countWords(first, 'step')} before, over`}</p>}
      <StepList lines={shown} now={now} isPlan={isPlan} />
      {after > 0 && <p className={styles.more}>{`and ${countWords(after, 'step')} more`}</p>}
    </>
  );
}

/** Neighbours of one phase together, without its name in their titles. */
function partsOf(lines: readonly StepLine[]): Part[] {
  const parts: Part[] = [];
  for (const line of lines) {
    const phase = phaseOf(line.title);
    const last = parts.at(-1);
    const own = phase === null ? line : { ...line, title: brief(line.title, phase) };
    if (last !== undefined && last.phase === phase) last.lines.push(own);
    else parts.push({ phase, lines: [own] });
  }
  return parts;
}

function brief(title: string, phase: string): string {
  const rest = title.slice(phase.length + 2);
  return rest.charAt(0).toUpperCase() + rest.slice(1);
}

/** What it took so far and what is still expected. */
function timeOf(lines: readonly StepLine[]): string {
  const left = lines.filter(({ tookMs, mark }) => tookMs === null && mark !== 'left');
  const took = lines.reduce((sum, { tookMs }) => sum + (tookMs ?? 0), 0);
  const expected = left.reduce((sum, { expectedMs }) => sum + expectedMs, 0);
  const steps = countWords(lines.length, 'step');
  if (left.length === 0) return `${steps}, ${elapsed(took)}`;
  return `${steps}, ${about(expected)}${left.length < lines.length ? ' left' : ''}`;
}
