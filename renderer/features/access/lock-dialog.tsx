import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import type { AccessStatus } from '#shared/contract/access';
import { useClient, useLive } from '../../app/context';
import { problemOf } from '../../transport/failure';
import { Button } from '../../ui/button';
import { Dialog } from '../../ui/dialog';
import { ErrorNotice } from '../../ui/feedback';
import { Field } from '../../ui/field';
import { PasswordInput } from '../../ui/input';
import { Select } from '../../ui/select';
import { Stack } from '../../ui/stack';
import { useToasts } from '../../ui/toast';
import { NewPassphrase } from '../vault/new-passphrase';

const IDLE_MINUTES = [0, 1, 2, 5, 10, 15, 30, 60, 120, 240];
const IDLE_OPTIONS = IDLE_MINUTES.map((minutes) => ({
  value: `${minutes}`,
  label: minutes === 0 ? 'Never' : `After ${minutes} min without input`,
}));
const LOSS = 'Nobody can look it up, and Clusterdeck cannot be opened without it.';

/** Sets, changes or takes away the passphrase of the app. */
export function LockDialog({ onClose }: { onClose: () => void }) {
  const access = useLive((state) => state.access);
  return access && <LockForm access={access} onClose={onClose} />;
}

function LockForm({ access, onClose }: { access: AccessStatus; onClose: () => void }) {
  const client = useClient();
  const toasts = useToasts();
  const [current, setCurrent] = useState('');
  const [passphrase, setPassphrase] = useState('');
  const [again, setAgain] = useState('');
  const [idle, setIdle] = useState(access.hasLock ? `${access.idleMinutes}` : '15');
  const { hasLock } = access;
  const set = useMutation({
    mutationFn: (next: string | null) =>
      client.access.setLock({
        passphrase: next,
        idleMinutes: Number(idle),
        ...(hasLock && { current }),
      }),
    onSuccess: (status) => {
      onClose();
      toasts.notify({ tone: 'ok', title: status.hasLock ? 'The lock is set' : 'The lock is gone' });
    },
  });
  const proven = !hasLock || current !== '';
  const typedTwice = passphrase.length >= 8 && passphrase === again;
  // the time alone can be changed: the passphrase stays then
  const keeps = hasLock && passphrase === '' && again === '';
  return (
    <Dialog
      open
      title={hasLock ? 'Change the lock' : 'Set a lock'}
      description="Asked for at each start, and when Clusterdeck was locked."
      onOpenChange={onClose}
      dismissable={!set.isPending}
      footer={
        <>
          <Button onClick={onClose} disabled={set.isPending}>
            Cancel
          </Button>
          {hasLock && (
            <Button
              tone="danger"
              disabled={!proven}
              busy={set.isPending}
              onClick={() => set.mutate(null)}
            >
              Take it away
            </Button>
          )}
          <Button
            tone="primary"
            disabled={!proven || !(typedTwice || keeps)}
            busy={set.isPending}
            onClick={() => set.mutate(keeps ? current : passphrase)}
          >
            {hasLock ? 'Change it' : 'Set it'}
          </Button>
        </>
      }
    >
      <Stack gap="large">
        {hasLock && (
          <Field label="Present passphrase" required>
            {(control) => (
              <PasswordInput
                {...control}
                autoComplete="current-password"
                value={current}
                onChange={setCurrent}
              />
            )}
          </Field>
        )}
        <NewPassphrase
          passphrase={passphrase}
          again={again}
          onPassphrase={setPassphrase}
          onAgain={setAgain}
          loss={LOSS}
        />
        <Field
          label="Lock by itself"
          hint="Work that is under way is waited for. A sleep of the machine counts."
        >
          {(control) => (
            <Select {...control} value={idle} options={IDLE_OPTIONS} onChange={setIdle} />
          )}
        </Field>
        {set.isError && <ErrorNotice problem={problemOf(set.error)} />}
      </Stack>
    </Dialog>
  );
}
