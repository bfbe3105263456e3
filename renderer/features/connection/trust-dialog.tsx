import { useQuery } from '@tanstack/react-query';
import { hostPort } from '#shared/domain/host';
import { useLive, useOrpc } from '../../app/context';
import { problemOf } from '../../transport/failure';
import { Button } from '../../ui/button';
import { Dialog } from '../../ui/dialog';
import { ErrorNotice, Notice, Skeleton } from '../../ui/feedback';
import { Stack } from '../../ui/stack';
import { useToasts } from '../../ui/toast';
import type { ClusterDialogProps } from './connection-dialogs';
import { endpointAt } from './endpoint-address';
import { COMPARE, TrustChoice } from './trust-choice';
import { usePin } from './use-pin';

/** Reads the certificate that an endpoint offers now, and asks whether to trust it. */
export function TrustDialog({ cluster, onClose }: ClusterDialogProps) {
  const toasts = useToasts();
  const live = useLive((state) => state.live.get(cluster.uuid));
  const address = live?.failure?.data.endpoint ?? live?.endpoint ?? '';
  const endpoint = endpointAt(cluster, address) ?? cluster.endpoints[0];
  const pin = usePin(cluster);
  const { host = '', port = 0, pin: pinned = null } = endpoint ?? {};
  const certificate = useQuery(
    useOrpc().connection.certificate.queryOptions({ input: { host, port }, gcTime: 0 }),
  );
  const offered = certificate.data;
  return (
    <Dialog
      open
      size="large"
      title={`Certificate of ${cluster.name}`}
      onOpenChange={onClose}
      footer={<Button onClick={onClose}>Close, change nothing</Button>}
    >
      <Stack>
        {certificate.isPending && <Skeleton height="220px" />}
        {certificate.isError && (
          <ErrorNotice
            problem={problemOf(certificate.error)}
            action={
              <Button small onClick={() => void certificate.refetch()}>
                Try again
              </Button>
            }
          />
        )}
        {offered && offered.fingerprint === pinned && (
          <Notice tone="information" title="This certificate is the trusted one.">
            There is nothing to decide.
          </Notice>
        )}
        {offered && offered.fingerprint !== pinned && (
          <TrustChoice
            endpoint={hostPort(host, port)}
            certificate={offered}
            pinned={pinned}
            compare={COMPARE[cluster.kind]}
            busy={pin.isPending}
            onPin={() =>
              pin.mutate(
                {
                  endpoint: hostPort(host, port),
                  fingerprint: offered.fingerprint,
                  previous: pinned,
                },
                {
                  onSuccess: () => {
                    onClose();
                    toasts.notify({ tone: 'ok', title: `${cluster.name} is trusted again` });
                  },
                },
              )
            }
          />
        )}
        {pin.isError && <ErrorNotice problem={problemOf(pin.error)} />}
      </Stack>
    </Dialog>
  );
}
