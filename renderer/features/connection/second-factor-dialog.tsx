import { useMutation } from '@tanstack/react-query';
import type { TfaAnswer } from '#shared/contract/connection';
import { useClient, useLive } from '../../app/context';
import { problemOf } from '../../transport/failure';
import { Dialog } from '../../ui/dialog';
import { ErrorNotice } from '../../ui/feedback';
import type { ClusterDialogProps } from './connection-dialogs';
import { SecondFactorForm } from './second-factor-form';

/** Answers the second factor that a cluster waits for, so that it is watched again. */
export function SecondFactorDialog({ cluster, onClose }: ClusterDialogProps) {
  const client = useClient();
  const failure = useLive((state) => state.live.get(cluster.uuid)?.failure);
  const answer = useMutation({
    mutationFn: (tfa: TfaAnswer) => client.connection.answerTfa({ uuid: cluster.uuid, tfa }),
    onSuccess: onClose,
  });
  return (
    <Dialog
      open
      size="small"
      title={`Second factor for ${cluster.name}`}
      description={`${cluster.user} signs in with a second factor. The session then lasts until Clusterdeck is closed.`}
      onOpenChange={onClose}
    >
      <SecondFactorForm
        factors={failure?.data.factors ?? []}
        action="Sign in"
        busy={answer.isPending}
        onAnswer={(tfa) => answer.mutate(tfa)}
      >
        {answer.isError && <ErrorNotice problem={problemOf(answer.error)} />}
      </SecondFactorForm>
    </Dialog>
  );
}
