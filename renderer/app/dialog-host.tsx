import { lazy, Suspense } from 'react';
import { LeaveViewerDialog } from '../features/access/leave-viewer-dialog';
import { LockDialog } from '../features/access/lock-dialog';
import { ClusterDialogs } from '../features/clusters/cluster-dialogs';
import { ConnectionDialogs } from '../features/connection/connection-dialogs';
import { GroupsDialog } from '../features/groups/groups-dialog';
import { HelpDialog } from '../features/help/help-dialog';
import { UnlockDialog } from '../features/vault/unlock-dialog';
import { VaultDialog } from '../features/vault/vault-dialog';
import { useLive } from './context';
import { useDialogs } from './dialogs';

const EnrolDialog = lazy(() => import('../features/clusteros/enrol-dialog'));
const ExportDialog = lazy(() => import('../features/bundles/export-dialog'));
const SyncDialogs = lazy(() => import('../features/sync/sync-dialogs'));
const Palette = lazy(() => import('../features/palette/palette'));

/** Shows the dialog that was asked for; one at a time. */
export function DialogHost() {
  const { current, close } = useDialogs();
  const uuid = current !== null && 'uuid' in current ? (current.uuid ?? '') : '';
  const cluster = useLive((state) => state.clusters.get(uuid));
  if (current === null) return null;
  switch (current.type) {
    case 'test':
    case 'trust':
    case 'secondFactor':
    case 'signIn':
    case 'mint':
    case 'missing':
      return cluster ? (
        <ConnectionDialogs type={current.type} cluster={cluster} onClose={close} />
      ) : null;
    case 'remove':
    case 'duplicate':
      return cluster ? (
        <ClusterDialogs type={current.type} cluster={cluster} onClose={close} />
      ) : null;
    case 'groups':
      return <GroupsDialog onClose={close} />;
    case 'unlock':
      return <UnlockDialog onClose={close} />;
    case 'vault':
      return <VaultDialog onClose={close} />;
    case 'appLock':
      return <LockDialog onClose={close} />;
    case 'leaveViewer':
      return <LeaveViewerDialog onClose={close} />;
    case 'help':
      return <HelpDialog onClose={close} />;
    case 'remote':
    case 'follow':
      return (
        <Suspense fallback={null}>
          <SyncDialogs request={current} onClose={close} />
        </Suspense>
      );
    case 'enrol':
      return (
        <Suspense fallback={null}>
          <EnrolDialog cluster={cluster} onClose={close} />
        </Suspense>
      );
    case 'export':
      return (
        <Suspense fallback={null}>
          <ExportDialog onClose={close} />
        </Suspense>
      );
    case 'palette':
      return (
        <Suspense fallback={null}>
          <Palette onClose={close} />
        </Suspense>
      );
  }
}
