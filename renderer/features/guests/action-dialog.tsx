import { useMutation } from '@tanstack/react-query';
import { useParam } from '../../app/address';
import { useClient, useLive } from '../../app/context';
import { problemOf } from '../../transport/failure';
import { ConfirmDialog } from '../../ui/confirm-dialog';
import { ErrorNotice } from '../../ui/feedback';
import { Stack } from '../../ui/stack';
import { useToasts } from '../../ui/toast';
import { useBlock } from '../access/use-block';
import { useRights } from '../access/use-rights';
import { LeftAloneWords, ProtectedNotice, RefusedDialog } from '../clusters/action-parts';
import styles from './action-dialog.module.css';
import { ACTIONS, type ActionPlan, guestCount, type OfferedAction, planAction } from './actions';
import type { GuestEntry } from './columns';
import { guestName } from './guest-name';

interface ActionDialogProps {
  action: OfferedAction;
  /** what was selected when the dialog was opened; it does not change under one's eyes */
  selected: readonly GuestEntry[];
  onClose: () => void;
  onStarted?: () => void;
}

/** Says what an action does to how many guests, and sends it once when that is confirmed. */
export function ActionDialog({ action, selected, onClose, onStarted }: ActionDialogProps) {
  const client = useClient();
  const toasts = useToasts();
  const clusters = useLive((state) => state.clusters);
  const [, openOperation] = useParam('operation');
  const block = useBlock();
  const lack = useRights([...new Set(selected.map((entry) => entry.uuid))]);
  const plan = planAction(action, selected, clusters, ({ uuid, row }) =>
    lack(uuid, 'power', `${row.vmid}`) === null ? null : 'without the privilege VM.PowerMgmt',
  );
  const refusal = block ?? plan.refusal;
  const act = useMutation({
    mutationFn: (typed: string) =>
      client.guests.act({
        action,
        items: plan.targets.map((entry) => ({ uuid: entry.uuid, guestId: entry.row.id })),
        ...(typed !== '' && { confirm: typed }),
      }),
    onSuccess: (operation) => {
      onClose();
      onStarted?.();
      toasts.notify({
        tone: 'information',
        title: operation.title,
        detail: 'It was sent. Each guest’s result follows.',
        action: { label: 'Follow', run: () => openOperation(operation.id) },
      });
    },
  });
  const { label, effect } = ACTIONS[action];
  if (refusal !== null) {
    return <RefusedDialog {...{ label, refusal, onClose }} leftAlone={plan.leftAlone} />;
  }
  return (
    <ConfirmDialog
      open
      onOpenChange={onClose}
      title={titleOf(label, plan)}
      action={`${label} ${guestCount(plan.targets.length)}`}
      tone={action === 'stop' ? 'danger' : 'primary'}
      typed={plan.typeToConfirm ?? undefined}
      busy={act.isPending}
      onConfirm={(typed) => act.mutate(typed)}
      error={act.isError && <ErrorNotice problem={problemOf(act.error)} />}
    >
      <Stack>
        <p>{plan.targets.length === 1 ? singular(effect) : effect}</p>
        <Targets plan={plan} />
        <LeftAloneWords leftAlone={plan.leftAlone} />
        {plan.typeToConfirm !== null && <ProtectedNotice />}
      </Stack>
    </ConfirmDialog>
  );
}

function titleOf(label: string, { targets }: ActionPlan): string {
  const only = targets.length === 1 ? targets[0] : undefined;
  return `${label} ${only === undefined ? guestCount(targets.length) : guestName(only.row)}?`;
}

/** The sentence for many, said of one. */
function singular(effect: string): string {
  return effect
    .replace('They are', 'It is')
    .replace('Their systems are', 'Its system is')
    .replace('one that does not answer stays on', 'if it does not answer, the guest stays on')
    .replace('Their power', 'Its power');
}

const NAMED = 12;

/** Which guests it is, by cluster; the first of them by name. */
function Targets({ plan }: { plan: ActionPlan }) {
  const byCluster = Map.groupBy(plan.targets, (entry) => entry.clusterName);
  return (
    <dl className={styles.targets}>
      {[...byCluster].map(([cluster, entries]) => (
        <div key={cluster} className={styles.cluster}>
          <dt>
            {cluster} <span className={styles.quiet}>{guestCount(entries.length)}</span>
          </dt>
          <dd className={styles.names}>
            {entries
              .slice(0, NAMED)
              .map((entry) => guestName(entry.row))
              .join(', ')}
            {entries.length > NAMED && ` and ${entries.length - NAMED} more`}
          </dd>
        </div>
      ))}
    </dl>
  );
}
