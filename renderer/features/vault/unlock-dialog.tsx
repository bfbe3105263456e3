import { useMutation } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { useClient, useLive } from '../../app/context';
import { problemOf } from '../../transport/failure';
import { Button } from '../../ui/button';
import { Dialog } from '../../ui/dialog';
import { ErrorNotice } from '../../ui/feedback';
import { Field } from '../../ui/field';
import { PasswordInput } from '../../ui/input';
import { Stack } from '../../ui/stack';

/** Opens a passphrase vault, or tries a locked keychain again; closes when it is open. */
export function UnlockDialog({ onClose }: { onClose: () => void }) {
  const client = useClient();
  const vault = useLive((state) => state.vault);
  const [passphrase, setPassphrase] = useState('');
  const unlock = useMutation({
    mutationFn: () => client.vault.unlock(passphrase === '' ? {} : { passphrase }),
    onSettled: () => setPassphrase(''),
  });
  const isOpen = vault?.state === 'unlocked';
  useEffect(() => {
    if (isOpen) onClose();
  }, [isOpen, onClose]);
  const asks = vault?.protection === 'passphrase';
  return (
    <Dialog
      open
      size="small"
      title="Unlock the vault"
      description={
        vault?.message ??
        (asks
          ? 'Its passphrase is used once to open it and is not kept.'
          : 'Unlock your system’s keychain, then try again.')
      }
      onOpenChange={onClose}
    >
      <form
        onSubmit={(event) => {
          event.preventDefault();
          unlock.mutate();
        }}
      >
        <Stack>
          {asks && (
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
          )}
          {unlock.isError && <ErrorNotice problem={problemOf(unlock.error)} />}
          <Stack direction="row">
            <Button
              type="submit"
              tone="primary"
              busy={unlock.isPending}
              disabled={asks && passphrase === ''}
            >
              {asks ? 'Unlock' : 'Try again'}
            </Button>
          </Stack>
        </Stack>
      </form>
    </Dialog>
  );
}
