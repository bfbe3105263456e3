import { useLive } from '../../app/context';
import type { DialogRequest } from '../../app/dialogs';
import { FollowDialog } from './follow-dialog';
import { RemoteDialog } from './remote-dialog';

interface SyncDialogsProps {
  request: Extract<DialogRequest, { type: 'remote' | 'follow' }>;
  onClose: () => void;
}

/** The dialogs about one remote. */
export default function SyncDialogs({ request, onClose }: SyncDialogsProps) {
  const remote = useLive((state) => state.remotes.find(({ uuid }) => uuid === request.uuid));
  if (request.type === 'follow')
    return remote && <FollowDialog remote={remote} onClose={onClose} />;
  if (request.uuid !== undefined && remote === undefined) return null;
  return <RemoteDialog remote={remote ?? null} onClose={onClose} />;
}
