import type { Operation, OperationItem } from '#shared/contract/operations';
import { duration, plain } from '#shared/domain/units';
import { useParam } from '../../app/address';
import { useLive } from '../../app/context';
import { Button } from '../../ui/button';
import { useNow } from '../../ui/now';
import { Cell, HeadCell, Table } from '../../ui/table';
import { OperationState } from './operation-state';
import styles from './operations.module.css';
import { byUrgency } from './summary';

const WHAT: Record<Operation['kind'], string> = {
  guestAction: 'Guests',
  slurmAction: 'Nodes and jobs',
};
const ONE: Record<Operation['kind'], string> = {
  guestAction: 'Guest',
  slurmAction: 'Node or job',
};

/** Each guest, node or job of an operation with what became of it; failures first. */
export function OperationItems({ operation }: { operation: Operation }) {
  return (
    <Table label={`${WHAT[operation.kind]} of this operation`} className={styles.items}>
      <thead>
        <tr>
          <HeadCell>{ONE[operation.kind]}</HeadCell>
          <HeadCell>State</HeadCell>
          <HeadCell>Result</HeadCell>
          <HeadCell numeric>Took</HeadCell>
          <HeadCell>
            <span className="visually-hidden">Log</span>
          </HeadCell>
        </tr>
      </thead>
      <tbody>
        {byUrgency(operation.items).map((item) => (
          <ItemRow key={item.key} item={item} />
        ))}
      </tbody>
    </Table>
  );
}

function ItemRow({ item }: { item: OperationItem }) {
  const cluster = useLive((state) => state.clusters.get(item.clusterUuid)?.name);
  const [, openTask] = useParam('task');
  const { upid } = item;
  return (
    <tr>
      <Cell>
        <strong>{item.label}</strong>
        <p className={styles.where}>
          {item.guestId}
          {cluster !== undefined && ` · ${cluster}`}
        </p>
      </Cell>
      <Cell>
        <OperationState state={item.state} />
      </Cell>
      <Cell className={styles.result}>
        <Result item={item} />
      </Cell>
      <Cell numeric quiet>
        <Took item={item} />
      </Cell>
      <Cell numeric>
        {upid !== null && (
          <Button
            small
            aria-label={`Log of ${item.label}`}
            onClick={() => openTask(`${item.clusterUuid}|${upid}`)}
          >
            Log
          </Button>
        )}
      </Cell>
    </tr>
  );
}

function Result({ item }: { item: OperationItem }) {
  if (item.state === 'waiting' || item.state === 'running') return null;
  if (item.failure === null) return item.message;
  const { message, data } = item.failure;
  return (
    <>
      {item.message === '' ? message : item.message}
      <p className={styles.where}>{data.remedy}</p>
    </>
  );
}

function Took({ item }: { item: OperationItem }) {
  if (item.startedAt === null) return '–';
  if (item.endedAt === null) return <RunningFor since={item.startedAt} />;
  return plain(duration((item.endedAt - item.startedAt) / 1000));
}

function RunningFor({ since }: { since: number }) {
  return plain(duration((useNow() - since) / 1000));
}
