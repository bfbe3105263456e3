import { LayoutGrid } from 'lucide-react';
import type { Cluster } from '#shared/contract/clusters';
import type { PartitionRow } from '#shared/contract/inventory';
import { percent, plain } from '#shared/domain/units';
import { useLive } from '../../app/context';
import { EmptyState } from '../../ui/feedback';
import { Badge, StateDot } from '../../ui/state';
import { Cell, HeadCell, Table } from '../../ui/table';
import { isOld } from '../cluster/old';
import { Share } from '../cluster/share';
import tables from '../cluster/tables.module.css';
import { useOrderedRows } from './use-members';

const byName = ({ name }: PartitionRow) => name;

/** SLURM's partitions with what is taken of them. */
export function PartitionsTab({ cluster }: { cluster: Cluster }) {
  const partitions = useOrderedRows(cluster.uuid, 'partitions', byName);
  const jobs = useLive((state) => state.inventory.get(cluster.uuid)?.jobs);
  const stale = useLive((state) => isOld(state.live.get(cluster.uuid)));
  if (partitions.length === 0) {
    return (
      <EmptyState icon={LayoutGrid} title="No partition is known">
        They appear as soon as SLURM’s controller has answered.
      </EmptyState>
    );
  }
  const count = (name: string, state: string) =>
    [...(jobs?.byId.values() ?? [])].filter((job) => job.partition === name && job.state === state)
      .length;
  return (
    <Table label="Partitions" className={tables.table}>
      <thead>
        <tr>
          <HeadCell>Partition</HeadCell>
          <HeadCell>State</HeadCell>
          <HeadCell numeric>Nodes</HeadCell>
          <HeadCell numeric>Jobs running</HeadCell>
          <HeadCell numeric>Jobs waiting</HeadCell>
          <HeadCell numeric>Cores taken</HeadCell>
          <HeadCell numeric>Share</HeadCell>
        </tr>
      </thead>
      <tbody>
        {partitions.map(({ id, name, state, isDefault, nodes, cpus, cpusAllocated }) => {
          const share = cpus === 0 ? null : cpusAllocated / cpus;
          return (
            <tr key={id}>
              <Cell>
                <strong>{name}</strong> {isDefault && <Badge>default</Badge>}
              </Cell>
              <Cell>
                <StateDot
                  tone={stale ? 'idle' : state === 'up' ? 'ok' : 'warning'}
                  word={stale ? `was ${state}` : state}
                  showWord
                />
              </Cell>
              <Cell numeric>{nodes}</Cell>
              <Cell numeric>{count(name, 'RUNNING')}</Cell>
              <Cell numeric>{count(name, 'PENDING')}</Cell>
              <Cell numeric>{`${cpusAllocated} of ${cpus}`}</Cell>
              <Cell numeric>
                <Share
                  label={`Cores of ${name}`}
                  share={share}
                  text={plain(percent(share))}
                  title={`${cpusAllocated} of ${cpus} cores`}
                  stale={stale}
                />
              </Cell>
            </tr>
          );
        })}
      </tbody>
    </Table>
  );
}
