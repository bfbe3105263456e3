import { useEffect, useEffectEvent } from 'react';
import { problemOf } from '../../transport/failure';
import { Button } from '../../ui/button';
import { Dialog } from '../../ui/dialog';
import { ErrorNotice } from '../../ui/feedback';
import type { ClusterDialogProps } from './connection-dialogs';
import { TestPanel } from './test-panel';
import { useConnectionTest } from './use-connection-test';
import { usePin } from './use-pin';

/** Tests a saved cluster, starting at once. */
export function TestDialog({ cluster, onClose }: ClusterDialogProps) {
  const { test, start, cancel } = useConnectionTest();
  const pin = usePin(cluster);
  const run = () => void start({ uuid: cluster.uuid });
  const begin = useEffectEvent(run);
  useEffect(() => begin(), []);
  return (
    <Dialog
      open
      title={`Test of ${cluster.name}`}
      onOpenChange={onClose}
      footer={
        test.phase === 'running' ? (
          <Button onClick={cancel}>Cancel the test</Button>
        ) : (
          <>
            <Button onClick={run}>Test again</Button>
            <Button tone="primary" onClick={onClose}>
              Close
            </Button>
          </>
        )
      }
    >
      <TestPanel
        kind={cluster.kind}
        test={test}
        pinning={pin.isPending}
        onTfa={(answer) => void start({ uuid: cluster.uuid }, answer)}
        onPin={(endpoint, certificate, previous) =>
          pin.mutate(
            { endpoint, fingerprint: certificate.fingerprint, previous },
            { onSuccess: run },
          )
        }
      />
      {pin.isError && <ErrorNotice problem={problemOf(pin.error)} />}
    </Dialog>
  );
}
