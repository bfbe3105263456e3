import type { BlastItem, OperationPlan } from '#shared/contract/agent/operations';
import { Badge } from '../../ui/state';
import { Cell, HeadCell, Table } from '../../ui/table';
import type { Tone } from '../../ui/tone';
import styles from './tables.module.css';

type Fate = keyof OperationPlan['blast'];

const FATES: Record<Fate, { tone: Tone; word: string }> = {
  cannot: { tone: 'bad', word: 'cannot go on' },
  waits: { tone: 'warning', word: 'waits' },
  goes_on: { tone: 'ok', word: 'goes on' },
};
/** What needs a look stands first. */
const ORDER = ['cannot', 'waits', 'goes_on'] as const satisfies Fate[];

/** The jobs and pods that an operation may touch, with what becomes of each. */
export function BlastTable({ blast }: { blast: OperationPlan['blast'] }) {
  const rows = ORDER.flatMap((fate) => blast[fate].items.map((item) => ({ fate, item })));
  if (rows.length === 0) {
    return <p className={styles.quiet}>No job and no pod is touched.</p>;
  }
  const total = ORDER.reduce((sum, fate) => sum + blast[fate].count, 0);
  return (
    // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- a scrolling area must be reachable by keyboard
    <section className={styles.scroll} aria-label="Whom it touches" tabIndex={0}>
      <Table label="Whom it touches" className={styles.bare}>
        <thead>
          <tr>
            <HeadCell>Id</HeadCell>
            <HeadCell>Name</HeadCell>
            <HeadCell>User</HeadCell>
            <HeadCell>State</HeadCell>
            <HeadCell>What becomes of it</HeadCell>
          </tr>
        </thead>
        <tbody>
          {rows.map(({ fate, item }) => (
            <Row key={`${fate} ${item.id}`} fate={fate} item={item} />
          ))}
        </tbody>
      </Table>
      {total > rows.length && (
        <p className={styles.more}>{`and ${total - rows.length} more of the same kind`}</p>
      )}
    </section>
  );
}

function Row({ fate, item }: { fate: Fate; item: BlastItem }) {
  return (
    <tr>
      <Cell quiet>{item.id}</Cell>
      <Cell className={styles.name} title={item.name}>
        {item.name}
      </Cell>
      <Cell quiet>{item.user}</Cell>
      <Cell quiet>{item.state.toLowerCase()}</Cell>
      <Cell className={styles.fate}>
        <Badge tone={FATES[fate].tone}>{FATES[fate].word}</Badge>
        {item.note !== '' && <span className={styles.note}>{item.note}</span>}
      </Cell>
    </tr>
  );
}
