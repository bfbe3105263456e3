import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { drainRequest } from '#shared/contract/agent/actions';
import type { Cluster } from '#shared/contract/clusters';
import { useParam } from '../../app/address';
import { useClient } from '../../app/context';
import { problemOf } from '../../transport/failure';
import { ConfirmDialog } from '../../ui/confirm-dialog';
import { ErrorNotice } from '../../ui/feedback';
import { Field } from '../../ui/field';
import { Input } from '../../ui/input';
import { Stack } from '../../ui/stack';
import { useToasts } from '../../ui/toast';
import { LeftAloneWords, ProtectedNotice, RefusedDialog } from '../clusters/action-parts';
import {
  countOf,
  type JobActionName,
  type NodeActionName,
  planSlurm,
  SLURM_WORDS,
  type SlurmPlan,
  type SlurmTarget,
} from './slurm-actions';
import styles from './slurm-dialog.module.css';
import { useSlurmBlock } from './use-slurm-block';

interface SlurmDialogProps {
  action: NodeActionName | JobActionName;
  cluster: Cluster;
  /** what was selected when the dialog was opened; it does not change under one's eyes */
  selected: readonly SlurmTarget[];
  onClose: () => void;
  onStarted?: () => void;
}

/** Says what an action does to which nodes or jobs, and sends it once when that is confirmed. */
export function SlurmDialog({ action, cluster, selected, onClose, onStarted }: SlurmDialogProps) {
  const block = useSlurmBlock(cluster);
  const [reason, setReason] = useState('');
  const plan = planSlurm(action, selected, cluster);
  const act = useAct(() => {
    onClose();
    onStarted?.();
  });
  const { label, noun, effect, danger } = SLURM_WORDS[action];
  const refusal = block ?? plan.refusal;
  if (refusal !== null) {
    return <RefusedDialog {...{ label, refusal, onClose }} leftAlone={plan.leftAlone} />;
  }
  const why = drainRequest.shape.reason.safeParse(reason);
  const [only] = plan.targets;
  return (
    <ConfirmDialog
      open
      onOpenChange={onClose}
      title={`${label} ${plan.targets.length === 1 ? only?.label : countOf(plan.targets.length, noun)}?`}
      action={`${label} ${countOf(plan.targets.length, noun)}`}
      tone={danger ? 'danger' : 'primary'}
      typed={plan.typeToConfirm ?? undefined}
      complete={action !== 'drain' || why.success}
      busy={act.isPending}
      onConfirm={(typed) => act.mutate({ action, cluster, targets: plan.targets, reason, typed })}
      error={act.isError && <ErrorNotice problem={problemOf(act.error)} />}
    >
      <Stack>
        <p>{effect[plan.targets.length === 1 ? 0 : 1]}</p>
        {plan.targets.length > 1 && <Targets plan={plan} noun={noun} />}
        <LeftAloneWords leftAlone={plan.leftAlone} />
        {action === 'drain' && (
          <Field
            label="Reason"
            required
            hint="It stands at the node for everybody, as in sinfo -R."
            error={reason !== '' && !why.success ? why.error.issues[0]?.message : undefined}
          >
            {(control) => (
              <Input
                {...control}
                autoFocus
                placeholder="new memory on Tuesday"
                value={reason}
                onChange={setReason}
              />
            )}
          </Field>
        )}
        {plan.typeToConfirm !== null && <ProtectedNotice />}
      </Stack>
    </ConfirmDialog>
  );
}

interface Deed {
  action: NodeActionName | JobActionName;
  cluster: Cluster;
  targets: readonly SlurmTarget[];
  reason: string;
  typed: string;
}

function useAct(onDone: () => void) {
  const client = useClient();
  const toasts = useToasts();
  const [, openOperation] = useParam('operation');
  return useMutation({
    mutationFn: ({ action, cluster, targets, reason, typed }: Deed) => {
      const items = targets.map(({ id }) => ({ uuid: cluster.uuid, id }));
      const confirm = typed === '' ? {} : { confirm: typed };
      if (action === 'drain') return client.agents.act({ action, items, reason, ...confirm });
      if (action === 'resume') return client.agents.act({ action, items });
      return client.agents.act({ action, items, ...confirm });
    },
    onSuccess: (operation) => {
      onDone();
      toasts.notify({
        tone: 'information',
        title: operation.title,
        detail: 'It was sent. What SLURM then says follows.',
        action: { label: 'Follow', run: () => openOperation(operation.id) },
      });
    },
  });
}

const NAMED = 12;

/** Which nodes or jobs it is; the first of them by name. */
function Targets({ plan, noun }: { plan: SlurmPlan; noun: string }) {
  const more = plan.targets.length - NAMED;
  return (
    <ul className={styles.targets} aria-label={`The ${noun}s`}>
      {plan.targets.slice(0, NAMED).map(({ id, label }) => (
        <li key={id}>{label}</li>
      ))}
      {more > 0 && <li className={styles.quiet}>{`and ${more} more`}</li>}
    </ul>
  );
}
