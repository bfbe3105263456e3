import { useMutation } from '@tanstack/react-query';
import type { OperationAnswer, OperationWish } from '#shared/contract/agent/operations';
import type { Cluster } from '#shared/contract/clusters';
import { useClient } from '../../app/context';
import { problemOf } from '../../transport/failure';
import { ConfirmDialog } from '../../ui/confirm-dialog';
import { ErrorNotice } from '../../ui/feedback';
import { Stack } from '../../ui/stack';
import { useToasts } from '../../ui/toast';
import { ProtectedNotice } from '../clusters/action-parts';
import { WISH_WORDS, wishEffect } from './wishes';

interface WishDialogProps {
  cluster: Cluster;
  answer: OperationAnswer;
  wish: OperationWish;
  onClose: () => void;
}

/** Says what a wish would bring about, and asks for it once when that is confirmed. */
export function WishDialog({ cluster, answer, wish, onClose }: WishDialogProps) {
  const client = useClient();
  const { notify } = useToasts();
  const { operation, plan } = answer;
  const words = WISH_WORDS[wish];
  const ask = useMutation({
    mutationFn: (typed: string) =>
      client.clusterOperations.ask({
        uuid: cluster.uuid,
        id: operation.id,
        wish,
        ...(typed !== '' && { confirmCluster: typed }),
      }),
    onSuccess: ({ message }) => {
      onClose();
      notify({ tone: 'information', title: words.label, detail: message });
    },
  });
  return (
    <ConfirmDialog
      open
      onOpenChange={onClose}
      title={words.title}
      action={words.action}
      tone={words.danger ? 'danger' : 'primary'}
      typed={cluster.protected ? cluster.clusterId : undefined}
      busy={ask.isPending}
      onConfirm={(typed) => ask.mutate(typed)}
      error={ask.isError && <ErrorNotice problem={problemOf(ask.error)} />}
    >
      <Stack>
        {wishEffect(wish, operation, plan).map((sentence) => (
          <p key={sentence}>{sentence}</p>
        ))}
        {cluster.protected && <ProtectedNotice />}
      </Stack>
    </ConfirmDialog>
  );
}
