import { useMutation } from '@tanstack/react-query';
import { EllipsisVertical, Eye, Pencil, Trash2, Waypoints } from 'lucide-react';
import { useState } from 'react';
import type { Remote } from '#shared/contract/remotes';
import { useClient, useLive } from '../../app/context';
import { useDialogs } from '../../app/dialogs';
import { problemOf } from '../../transport/failure';
import { IconButton } from '../../ui/button';
import { ConfirmDialog } from '../../ui/confirm-dialog';
import { ErrorNotice } from '../../ui/feedback';
import { Menu, MenuItem, MenuSeparator } from '../../ui/menu';
import { useBlock } from '../access/use-block';
import { plural } from '../deck/deck-view';

/** What can be done with a remote. */
export function RemoteMenu({ remote, onLook }: { remote: Remote; onLook: () => void }) {
  const dialogs = useDialogs();
  const [removing, setRemoving] = useState(false);
  const block = useBlock();
  return (
    <>
      <Menu trigger={<IconButton icon={EllipsisVertical} label={`Actions for ${remote.name}`} />}>
        <MenuItem icon={Eye} onSelect={onLook}>
          Look before syncing
        </MenuItem>
        <MenuItem
          icon={Waypoints}
          onSelect={() => dialogs.open({ type: 'follow', uuid: remote.uuid })}
        >
          Choose its clusters
        </MenuItem>
        <MenuItem
          icon={Pencil}
          onSelect={() => dialogs.open({ type: 'remote', uuid: remote.uuid })}
        >
          Edit and test
        </MenuItem>
        <MenuSeparator />
        <MenuItem
          icon={Trash2}
          tone="danger"
          disabled={block !== null}
          onSelect={() => setRemoving(true)}
        >
          Remove
        </MenuItem>
      </Menu>
      {removing && <RemoveRemote remote={remote} onClose={() => setRemoving(false)} />}
    </>
  );
}

function RemoveRemote({ remote, onClose }: { remote: Remote; onClose: () => void }) {
  const client = useClient();
  const waiting = useLive(
    (state) => state.outbox.filter(({ remoteUuid }) => remoteUuid === remote.uuid).length,
  );
  const remove = useMutation({
    mutationFn: () => client.remotes.remove({ uuid: remote.uuid }),
    onSuccess: onClose,
  });
  return (
    <ConfirmDialog
      open
      title={`Remove ${remote.name}?`}
      action="Remove"
      busy={remove.isPending}
      error={remove.isError && <ErrorNotice problem={problemOf(remove.error)} />}
      onOpenChange={onClose}
      onConfirm={() => remove.mutate()}
    >
      <p>
        Its clusters stay on this desk and follow nobody. Nothing changes on {remote.name} itself.
        {waiting > 0 &&
          ` ${plural(waiting, 'change')} that ${waiting === 1 ? 'waits' : 'wait'} for it will not be sent.`}
      </p>
    </ConfirmDialog>
  );
}
