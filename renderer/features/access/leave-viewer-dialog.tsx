import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { useClient } from '../../app/context';
import { problemOf } from '../../transport/failure';
import { Button } from '../../ui/button';
import { Dialog } from '../../ui/dialog';
import { ErrorNotice } from '../../ui/feedback';
import { Field } from '../../ui/field';
import { PasswordInput } from '../../ui/input';
import { Stack } from '../../ui/stack';

/** Asks for the lock's passphrase before things can be changed again. */
export function LeaveViewerDialog({ onClose }: { onClose: () => void }) {
  const client = useClient();
  const [passphrase, setPassphrase] = useState('');
  const leave = useMutation({
    mutationFn: () => client.access.setViewer({ viewer: false, passphrase }),
    onSuccess: onClose,
    onSettled: () => setPassphrase(''),
  });
  return (
    <Dialog
      open
      size="small"
      title="Leave viewer mode"
      description="The passphrase of the lock is asked for."
      onOpenChange={onClose}
    >
      <form
        onSubmit={(event) => {
          event.preventDefault();
          leave.mutate();
        }}
      >
        <Stack>
          <Field label="Passphrase" required>
            {(control) => (
              <PasswordInput
                {...control}
                autoFocus
                autoComplete="current-password"
                value={passphrase}
                onChange={setPassphrase}
              />
            )}
          </Field>
          {leave.isError && <ErrorNotice problem={problemOf(leave.error)} />}
          <Stack direction="row">
            <Button
              type="submit"
              tone="primary"
              busy={leave.isPending}
              disabled={passphrase === ''}
            >
              Leave viewer mode
            </Button>
          </Stack>
        </Stack>
      </form>
    </Dialog>
  );
}
