import { HardDrive } from 'lucide-react';
import { useMemo } from 'react';
import type { Cluster } from '#shared/contract/clusters';
import { bytes, percent, plain } from '#shared/domain/units';
import { useLive } from '../../app/context';
import { EmptyState } from '../../ui/feedback';
import { Meter } from '../../ui/meter';
import { Badge, StateDot } from '../../ui/state';
import { Cell, HeadCell, Table } from '../../ui/table';
import { ofTotal, plural, shareOf, toneOf } from './figures';
import { isOld } from './old';
import { type StorageView, storageViews } from './storage-view';
import styles from './tables.module.css';
import { useStorages } from './use-cluster-rows';

/** Storages with what is used of them; a shared one stands once. */
export function StorageTab({ cluster }: { cluster: Cluster }) {
  const rows = useStorages(cluster.uuid);
  const live = useLive((state) => state.live.get(cluster.uuid));
  const storages = useMemo(() => storageViews(rows), [rows]);
  const total = live?.totals?.storage;
  if (storages.length === 0) {
    return (
      <EmptyState icon={HardDrive} title="No storage is known yet">
        Storages appear as soon as the cluster has answered.
      </EmptyState>
    );
  }
  return (
    <>
      <Table label="Storages" className={styles.table}>
        <thead>
          <tr>
            <HeadCell>Storage</HeadCell>
            <HeadCell>State</HeadCell>
            <HeadCell>Type</HeadCell>
            <HeadCell>Where</HeadCell>
            <HeadCell>Content</HeadCell>
            <HeadCell numeric>Used</HeadCell>
            <HeadCell numeric>Share</HeadCell>
          </tr>
        </thead>
        <tbody>
          {storages.map((view) => (
            <StorageLine key={view.row.id} view={view} stale={isOld(live)} />
          ))}
        </tbody>
      </Table>
      {total && total.total !== null && (
        <p className={styles.foot}>
          In all {ofTotal(bytes(total.used, 'si'), bytes(total.total, 'si'))} (
          {plain(percent(shareOf(total)))}). A shared storage is counted once.
        </p>
      )}
    </>
  );
}

function StorageLine({ view, stale }: { view: StorageView; stale: boolean }) {
  const { row, nodes } = view;
  const share = shareOf(row);
  const words = ofTotal(bytes(row.used, 'si'), bytes(row.total, 'si'));
  return (
    <tr>
      <Cell>
        <strong>{row.storage}</strong>
      </Cell>
      <Cell>
        <StateDot
          tone={row.status === 'available' ? 'ok' : 'idle'}
          word={row.status === 'available' ? 'available' : 'unknown'}
          showWord
        />
      </Cell>
      <Cell quiet>{row.type}</Cell>
      <Cell quiet title={nodes.join(', ')}>
        {row.shared ? (
          <Badge tone="information">shared by {plural(nodes.length, 'node')}</Badge>
        ) : (
          row.node
        )}
      </Cell>
      <Cell quiet className={styles.rest} title={row.content.join(', ')}>
        {row.content.join(', ')}
      </Cell>
      <Cell numeric>{share === null ? '–' : words}</Cell>
      <Cell numeric>
        <span className={styles.share}>
          <span>{plain(percent(share))}</span>
          <span className={styles.meter}>
            <Meter
              label={`${row.storage} on ${row.node}`}
              fraction={share}
              text={words}
              tone={toneOf(share, 0.8, 0.92)}
              stale={stale}
            />
          </span>
        </span>
      </Cell>
    </tr>
  );
}
