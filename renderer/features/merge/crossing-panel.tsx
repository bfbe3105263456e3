import { ArrowRight, MoveRight } from 'lucide-react';
import type { MergeParties } from '#shared/contract/agent/merge';
import type { AgentOperation } from '#shared/contract/agent/operations';
import { Panel } from '../../ui/card';
import { cx } from '../../ui/cx';
import { Badge, StateDot } from '../../ui/state';
import styles from './crossing-panel.module.css';
import { type Crossing, crossedCount, crossingsOf } from './crossings';

interface CrossingPanelProps {
  operation: AgentOperation;
  parties: MergeParties;
  /** names of nodes that the gaining cluster had before; empty where this desk does not know them */
  before: readonly string[];
}

/** As many lanes as anybody reads, around the one that moves. */
const AT_MOST = 300;
const BEFORE = 50;

/** Both clusters side by side; each node keeps its lane and changes the side. */
export function CrossingPanel({ operation, parties, before }: CrossingPanelProps) {
  const crossings = crossingsOf(operation, parties);
  const crossed = crossedCount(crossings);
  const { gaining, losing } = parties;
  const next = crossings.findIndex(({ place }) => place !== 'gaining');
  const first = crossings.length > AT_MOST ? Math.max(0, next - BEFORE) : 0;
  const shown = crossings.slice(first, first + AT_MOST);
  const after = crossings.length - first - shown.length;
  return (
    <Panel title="Nodes" note={`${crossed} of ${crossings.length} crossed over, one after another`}>
      {/* oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- a scrolling area must be reachable by keyboard */}
      <section className={styles.lanes} aria-label="Nodes crossing over" tabIndex={0}>
        <div className={styles.head}>
          <Side name={losing.name} count={crossings.length - crossed} word="is taken up" />
          <ArrowRight size={16} strokeWidth={1.75} aria-hidden className={styles.headArrow} />
          <Side name={gaining.name} count={before.length + crossed} word="stays" />
        </div>
        <ul>
          {first > 0 && <li className={styles.more}>{`${first} before`}</li>}
          {shown.map((crossing) => (
            <Lane key={crossing.id} crossing={crossing} parties={parties} />
          ))}
          {after > 0 && <li className={styles.more}>{`and ${after} more`}</li>}
        </ul>
        {before.length > 0 && (
          <p className={styles.before} title={before.join(', ')}>
            {`there before: ${before.join(', ')}`}
          </p>
        )}
      </section>
    </Panel>
  );
}

function Side({ name, count, word }: { name: string; count: number; word: string }) {
  return (
    <p className={styles.side}>
      <strong>{name}</strong>
      <span className={styles.count}>{`${count} ${count === 1 ? 'node' : 'nodes'} · ${word}`}</span>
    </p>
  );
}

const MARKS: Record<NonNullable<Crossing['mark']>, { word: string; means: string }> = {
  canary: { word: 'first', means: 'It is tried before any other node follows.' },
  anchor: {
    word: 'last',
    means: 'It has the controller and the last copy of the state of the cluster that is taken up.',
  },
};

function Lane({ crossing, parties }: { crossing: Crossing; parties: MergeParties }) {
  const { name, place, tone, word, note, mark } = crossing;
  const where = {
    losing: `in ${parties.losing.name}`,
    between: 'between both',
    gaining: `in ${parties.gaining.name}`,
  }[place];
  return (
    <li
      className={cx(styles.lane, styles[place], tone === 'bad' && styles.failed)}
      data-node={name}
    >
      <span className={styles.node}>
        <span className={styles.name}>{name}</span>
        {mark !== null && <Badge title={MARKS[mark].means}>{MARKS[mark].word}</Badge>}
        <StateDot tone={tone} word={word} showWord />
        <span className="visually-hidden">, {where}</span>
      </span>
      <span className={styles.track} aria-hidden>
        {place === 'between' && <MoveRight size={16} strokeWidth={1.75} />}
      </span>
      {note !== '' && (
        <span className={cx(styles.note, tone === 'bad' && styles.trouble)} title={note}>
          {note}
        </span>
      )}
    </li>
  );
}
