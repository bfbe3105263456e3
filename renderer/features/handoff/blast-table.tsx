import type { BlastItem, OperationPlan } from '#shared/contract/agent/operations';
import { Badge } from '../../ui/state';
import { Cell, HeadCell, Table } from '../../ui/table';
import type { Tone } from '../../ui/tone';
import styles from './tables.module.css';
import { fateWords, placeWord } from './words';

type Fate = keyof OperationPlan['blast'];

const TONES: Record<Fate, Tone> = { cannot: 'bad', waits: 'warning', goes_on: 'ok' };
/** What needs a look stands first. */
const ORDER = ['cannot', 'waits', 'goes_on'] as const satisfies Fate[];

/** The jobs and pods that an operation may touch, by what becomes of them. */
export function BlastTable({ plan }: { plan: Pick<OperationPlan, 'kind' | 'blast'> }) {
  const { blast } = plan;
  const fates = ORDER.filter((fate) => blast[fate].count > 0);
  if (fates.length === 0) {
    return <p className={styles.quiet}>No job and no pod is touched.</p>;
  }
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
            <HeadCell>Node</HeadCell>
          </tr>
        </thead>
        {fates.map((fate) => (
          <Group key={fate} fate={fate} plan={plan} />
        ))}
      </Table>
    </section>
  );
}

interface GroupProps {
  fate: Fate;
  plan: Pick<OperationPlan, 'kind' | 'blast'>;
}

function Group({ fate, plan }: GroupProps) {
  const list = plan.blast[fate];
  const [first] = list.items;
  // what is said of all is said once
  const shared = list.items.every(({ note }) => note === first?.note) ? (first?.note ?? '') : '';
  const hidden = list.count - list.items.length;
  return (
    <tbody>
      <tr>
        <th colSpan={5} scope="rowgroup" className={styles.group}>
          <Badge tone={TONES[fate]}>{`${list.count} ${fateWords(plan, fate).brief}`}</Badge>
          {shared !== '' && <span className={styles.note}>{shared}</span>}
        </th>
      </tr>
      {list.items.map((item) => (
        <Row key={item.id} item={item} note={shared === '' ? item.note : ''} />
      ))}
      {hidden > 0 && (
        <tr>
          <Cell colSpan={5} quiet>{`and ${hidden} more`}</Cell>
        </tr>
      )}
    </tbody>
  );
}

function Row({ item, note }: { item: BlastItem; note: string }) {
  return (
    <tr>
      <Cell quiet className={styles.id} title={item.id}>
        {placeWord(item)}
      </Cell>
      <Cell className={styles.name} title={note === '' ? item.name : `${item.name}: ${note}`}>
        {item.name}
        {note !== '' && <span className={styles.note}>{note}</span>}
      </Cell>
      <Cell quiet>{item.user}</Cell>
      <Cell quiet>{item.state.toLowerCase()}</Cell>
      <Cell quiet className={styles.where} title={item.nodes.join(', ')}>
        {item.nodes.join(', ')}
      </Cell>
    </tr>
  );
}
