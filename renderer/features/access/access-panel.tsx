import { useMutation } from '@tanstack/react-query';
import { LockKeyhole } from 'lucide-react';
import { useClient, useLive } from '../../app/context';
import { useDialogs } from '../../app/dialogs';
import { useFailureToast } from '../../app/failure-toast';
import { Button } from '../../ui/button';
import { Panel } from '../../ui/card';
import { Switch } from '../../ui/choice';
import { Facts } from '../../ui/facts';
import { Stack } from '../../ui/stack';

/** Who may see and change what on this desk. */
export function AccessPanel() {
  const access = useLive((state) => state.access);
  const client = useClient();
  const dialogs = useDialogs();
  const onError = useFailureToast();
  const setViewer = useMutation({
    mutationFn: (viewer: boolean) => client.access.setViewer({ viewer }),
    onError,
  });
  if (access === null) return null;
  const { viewer, hasLock, idleMinutes } = access;
  return (
    <Panel title="Access" note="What this desk lets people do who sit in front of it.">
      <Stack gap="large">
        <Switch
          label="Viewer mode"
          hint={
            hasLock
              ? 'Everything can be looked at, nothing changed. Leaving it asks for the passphrase of the lock.'
              : 'Everything can be looked at, nothing changed. Without a lock anybody can leave it.'
          }
          checked={viewer}
          disabled={setViewer.isPending}
          onChange={(on) =>
            !on && hasLock ? dialogs.open({ type: 'leaveViewer' }) : setViewer.mutate(on)
          }
        />
        <Facts
          facts={[
            ['Lock', hasLock ? 'a passphrase is set' : 'none'],
            ['Locks by itself', hasLock ? idleWords(idleMinutes) : 'never'],
          ]}
        />
        <p>
          A lock asks for its passphrase at each start and after a time without input. While it is
          locked, passwords and tokens are out of memory and nothing is shown.
        </p>
        <Stack direction="row">
          <Button icon={LockKeyhole} onClick={() => dialogs.open({ type: 'appLock' })}>
            {hasLock ? 'Change the lock' : 'Set a lock'}
          </Button>
        </Stack>
      </Stack>
    </Panel>
  );
}

function idleWords(minutes: number): string {
  return minutes === 0 ? 'never' : `after ${minutes} min without input`;
}
