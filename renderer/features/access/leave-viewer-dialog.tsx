import { useMutation } from '@tanstack/react-query';
import { useClient } from '../../app/context';
import { problemOf } from '../../transport/failure';
import { Dialog } from '../../ui/dialog';
import { PassphraseForm } from './passphrase-form';

/** Asks for the lock's passphrase before things can be changed again. */
export function LeaveViewerDialog({ onClose }: { onClose: () => void }) {
  const client = useClient();
  const leave = useMutation({
    mutationFn: (passphrase: string) => client.access.setViewer({ viewer: false, passphrase }),
    onSuccess: onClose,
  });
  return (
    <Dialog
      open
      size="small"
      title="Leave viewer mode"
      description="The passphrase of the lock is asked for."
      onOpenChange={onClose}
    >
      <PassphraseForm
        action="Leave viewer mode"
        busy={leave.isPending}
        problem={leave.isError ? problemOf(leave.error) : null}
        onSubmit={leave.mutate}
      />
    </Dialog>
  );
}
