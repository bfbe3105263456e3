import { useQuery } from '@tanstack/react-query';
import { KeyRound } from 'lucide-react';
import { useOrpc } from '../../app/context';
import { useDialogs } from '../../app/dialogs';
import { problemOf } from '../../transport/failure';
import { Button } from '../../ui/button';
import { Dialog } from '../../ui/dialog';
import { ErrorNotice, Skeleton } from '../../ui/feedback';
import type { ClusterDialogProps } from './connection-dialogs';
import { PrivilegeTable } from './privilege-table';

/** Which privileges the account lacks, feature by feature. */
export function MissingDialog({ cluster, onClose }: ClusterDialogProps) {
  const dialogs = useDialogs();
  const missing = useQuery(
    useOrpc().connection.missing.queryOptions({ input: { uuid: cluster.uuid }, gcTime: 0 }),
  );
  const account = cluster.authKind === 'token' ? cluster.tokenId : cluster.user;
  return (
    <Dialog
      open
      size="large"
      title={`What is missing on ${cluster.name}`}
      description={`What the account ${account} may do there, read just now.`}
      onOpenChange={onClose}
      footer={
        <>
          {cluster.authKind === 'password' && (
            <Button
              icon={KeyRound}
              onClick={() => dialogs.open({ type: 'mint', uuid: cluster.uuid })}
            >
              Mint a token
            </Button>
          )}
          <Button tone="primary" onClick={onClose}>
            Close
          </Button>
        </>
      }
    >
      {missing.isPending && <Skeleton height="240px" />}
      {missing.isError && (
        <ErrorNotice
          problem={problemOf(missing.error)}
          action={
            <Button small onClick={() => void missing.refetch()}>
              Try again
            </Button>
          }
        />
      )}
      {missing.data && <PrivilegeTable features={missing.data} />}
    </Dialog>
  );
}
