import { Check, Pause, RotateCcw, SkipForward, X } from 'lucide-react';
import type { ReactNode } from 'react';
import { cx } from '../../ui/cx';
import { elapsed } from '../../ui/elapsed';
import { Meter } from '../../ui/meter';
import { Badge } from '../../ui/state';
import styles from './step-list.module.css';
import type { StepLine, StepMark } from './story';
import { about, CLASS_WORDS } from './words';

const MARKS: Record<StepMark, { look: string | undefined; icon: ReactNode; word: string }> = {
  done: { look: styles.done, icon: <Check size={12} strokeWidth={2.25} />, word: 'done' },
  now: { look: styles.now, icon: null, word: 'at work' },
  held: { look: styles.held, icon: <Pause size={10} strokeWidth={2.5} />, word: 'paused' },
  failed: { look: styles.failed, icon: <X size={12} strokeWidth={2.5} />, word: 'failed' },
  coming: { look: styles.coming, icon: null, word: 'to come' },
  undoing: {
    look: styles.undoing,
    icon: <RotateCcw size={11} strokeWidth={2.25} />,
    word: 'being undone',
  },
  undone: { look: styles.undone, icon: <RotateCcw size={11} strokeWidth={2} />, word: 'undone' },
  left: { look: styles.undone, icon: <SkipForward size={11} strokeWidth={2} />, word: 'left out' },
};

interface StepListProps {
  lines: readonly StepLine[];
  /** the cluster's clock, unix ms, for the step at work */
  now: number;
  /** nothing has begun: no step stands back behind another */
  isPlan?: boolean;
}

/** The steps as a story: what was done and how long it took, what is waited for, what is to come. */
export function StepList({ lines, now, isPlan = false }: StepListProps) {
  return (
    <ol className={isPlan ? styles.plan : styles.steps}>
      {lines.map((line) => (
        <Step key={line.id} line={line} now={now} />
      ))}
    </ol>
  );
}

function Step({ line, now }: { line: StepLine; now: number }) {
  const { look, icon, word } = MARKS[line.mark];
  return (
    <li
      className={cx(styles.step, look)}
      aria-current={line.mark === 'now' || line.mark === 'undoing' ? 'step' : undefined}
    >
      <span className={styles.mark} aria-hidden>
        {icon}
      </span>
      <div className={styles.words}>
        <p className={styles.title}>
          {line.title}
          <span className="visually-hidden">, {word}</span>
          <ClassBadge line={line} />
        </p>
        {line.note !== '' && (
          <p className={cx(styles.note, line.isTrouble && styles.trouble)} title={line.note}>
            {line.note}
          </p>
        )}
        {line.progress !== null && (
          <div className={styles.progress}>
            <Meter
              label={`Progress of ${line.title}`}
              fraction={line.progress}
              text={`${Math.round(line.progress * 100)} percent`}
            />
          </div>
        )}
      </div>
      <span className={styles.time}>
        <Time line={line} now={now} />
      </span>
      {line.isTurn && <TurnLine />}
    </li>
  );
}

function ClassBadge({ line }: { line: StepLine }) {
  const words = CLASS_WORDS[line.class];
  if (words === null || line.class === 'pivot') return null;
  return (
    <span className={styles.badge}>
      <Badge tone="warning" title={words.means}>
        {words.word}
      </Badge>
    </span>
  );
}

function Time({ line, now }: { line: StepLine; now: number }) {
  const tries = line.attempts > 1 && line.mark !== 'undone' && line.mark !== 'left' && (
    <span className={styles.faint}>{`attempt ${line.attempts}`}</span>
  );
  if (line.since !== null) {
    const age = Math.max(0, now - line.since);
    return (
      <>
        {elapsed(age)}
        <span className={cx(styles.faint, age > 3 * line.expectedMs && age > 3000 && styles.late)}>
          {line.mark === 'now' && `of ${about(line.expectedMs)}`}
        </span>
        {tries}
      </>
    );
  }
  if (line.tookMs !== null && line.mark === 'done') {
    return (
      <>
        {elapsed(line.tookMs)}
        {tries}
      </>
    );
  }
  if (line.mark === 'undone' || line.mark === 'left') return MARKS[line.mark].word;
  if (line.mark === 'coming') return <span className={styles.faint}>{about(line.expectedMs)}</span>;
  return tries;
}

function TurnLine() {
  return <p className={styles.turn}>from here on the operation goes forward</p>;
}
