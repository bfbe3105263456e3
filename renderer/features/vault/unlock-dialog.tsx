import { useMutation } from '@tanstack/react-query';
import { useEffect } from 'react';
import { useClient, useLive } from '../../app/context';
import { problemOf } from '../../transport/failure';
import { Dialog } from '../../ui/dialog';
import { PassphraseForm } from '../access/passphrase-form';

/** Opens a passphrase vault, or tries a locked keychain again; closes when it is open. */
export function UnlockDialog({ onClose }: { onClose: () => void }) {
  const client = useClient();
  const vault = useLive((state) => state.vault);
  const unlock = useMutation({
    mutationFn: (passphrase: string) =>
      client.vault.unlock(passphrase === '' ? {} : { passphrase }),
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
      <PassphraseForm
        action={asks ? 'Unlock' : 'Try again'}
        asks={asks}
        busy={unlock.isPending}
        problem={unlock.isError ? problemOf(unlock.error) : null}
        onSubmit={unlock.mutate}
      />
    </Dialog>
  );
}
