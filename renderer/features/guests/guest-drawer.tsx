import { useMutation } from '@tanstack/react-query';
import { ExternalLink } from 'lucide-react';
import { useState } from 'react';
import type { Timeframe } from '#shared/contract/charts';
import { useClient, useLive } from '../../app/context';
import { useFailureToast } from '../../app/failure-toast';
import { LiveCharts } from '../../charts/live-charts';
import { Age } from '../../ui/age';
import { Button } from '../../ui/button';
import { Segmented } from '../../ui/choice';
import { Dialog } from '../../ui/dialog';
import { Notice } from '../../ui/feedback';
import { Stack } from '../../ui/stack';
import { StateDot } from '../../ui/state';
import { useBlock } from '../access/use-block';
import { useRights } from '../access/use-rights';
import { ActionDialog } from './action-dialog';
import { ACTIONS, OFFERED, type OfferedAction } from './actions';
import { ACTION_ICONS } from './guest-bar';
import styles from './guest-drawer.module.css';
import { GuestFacts } from './guest-facts';
import { GuestInside } from './guest-inside';
import { guestName } from './guest-name';
import { guestState } from './guest-state';
import { splitKey } from './order';
import { type ShownGuest, useGuest } from './use-guests';

interface GuestDrawerProps {
  guestKey: string;
  onClose: () => void;
}

/** One guest: its state, what can be done with it, its charts, addresses and configuration. */
export default function GuestDrawer({ guestKey, onClose }: GuestDrawerProps) {
  const guest = useGuest(guestKey);
  if (guest === null) {
    return (
      <Dialog open size="drawer" title="This guest is gone" onOpenChange={onClose}>
        It is in no cluster any more, or its cluster has not answered yet.
      </Dialog>
    );
  }
  return <OpenGuest guestKey={guestKey} guest={guest} onClose={onClose} />;
}

const KINDS = { qemu: 'Virtual machine', lxc: 'Container' } as const;

function OpenGuest(props: GuestDrawerProps & { guest: ShownGuest }) {
  const { guest, guestKey, onClose } = props;
  const { row, cluster } = guest;
  const kind = row.template ? `${KINDS[row.kind]} template` : KINDS[row.kind];
  return (
    <Dialog
      open
      size="drawer"
      title={guestName(row)}
      description={
        <Stack direction="row" gap="small">
          <StateDot {...guestState(row)} showWord />
          <span>
            {kind} {row.vmid} on {row.node} ·{' '}
            <a href={`#/clusters/${cluster.clusterId}`} className={styles.link}>
              {cluster.name}
            </a>
          </span>
        </Stack>
      }
      onOpenChange={onClose}
    >
      <Stack gap="large">
        <Actions guest={guest} uuid={splitKey(guestKey).uuid} />
        {guest.stale && <Stale uuid={cluster.uuid} />}
        {row.lock !== null && (
          <Notice tone="information" title={`Locked: ${row.lock}`}>
            The cluster works on it. Most actions are refused until that has ended.
          </Notice>
        )}
        <GuestFacts row={row} />
        {!row.template && <Charts uuid={cluster.uuid} guestId={row.id} />}
        <GuestInside uuid={cluster.uuid} guestId={row.id} />
      </Stack>
    </Dialog>
  );
}

function Actions({ guest, uuid }: { guest: ShownGuest; uuid: string }) {
  const { row, cluster } = guest;
  const [pending, setPending] = useState<OfferedAction | null>(null);
  const block = useBlock(cluster);
  const lack = useRights([uuid])(uuid, 'power', `${row.vmid}`);
  const client = useClient();
  const onError = useFailureToast();
  const openWeb = useMutation({
    mutationFn: () => client.app.openWebInterface({ uuid, guestId: row.id }),
    onError,
  });
  return (
    <div className={styles.actions}>
      {OFFERED.map((action) => (
        <Button
          key={action}
          icon={ACTION_ICONS[action]}
          tone={action === 'stop' ? 'danger' : 'plain'}
          disabled={!ACTIONS[action].applies(row)}
          why={block ?? lack}
          onClick={() => setPending(action)}
        >
          {ACTIONS[action].label}
        </Button>
      ))}
      <Button
        tone="quiet"
        icon={ExternalLink}
        busy={openWeb.isPending}
        onClick={() => openWeb.mutate()}
      >
        Web interface
      </Button>
      {pending && (
        <ActionDialog
          action={pending}
          selected={[{ uuid, clusterId: cluster.clusterId, clusterName: cluster.name, row }]}
          onClose={() => setPending(null)}
        />
      )}
    </div>
  );
}

function Stale({ uuid }: { uuid: string }) {
  const asOf = useLive((state) => state.live.get(uuid)?.asOf ?? null);
  return (
    <Notice tone="warning" title="Its cluster does not answer.">
      What is shown was measured <Age at={asOf} stale />.
    </Notice>
  );
}

const SPANS = [
  { value: 'hour', label: 'Hour' },
  { value: 'day', label: 'Day' },
  { value: 'week', label: 'Week' },
] as const satisfies { value: Timeframe; label: string }[];

function Charts({ uuid, guestId }: { uuid: string; guestId: string }) {
  const [timeframe, setTimeframe] = useState<(typeof SPANS)[number]['value']>('hour');
  return (
    <section aria-label="Charts">
      <div className={styles.sectionHead}>
        <h3>Charts</h3>
        <Segmented label="Span" value={timeframe} options={SPANS} onChange={setTimeframe} />
      </div>
      <LiveCharts
        uuid={uuid}
        target={{ kind: 'guest', guestId }}
        timeframe={timeframe}
        heading="h4"
        shown={[
          { id: 'cpu', title: 'CPU' },
          { id: 'memory', title: 'Memory' },
          { id: 'network', title: 'Network' },
          { id: 'disk', title: 'Disk' },
        ]}
      />
    </section>
  );
}
