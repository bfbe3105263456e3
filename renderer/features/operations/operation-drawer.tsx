import { useMutation, useQuery } from '@tanstack/react-query';
import type { Operation } from '#shared/contract/operations';
import { useClient, useLive, useOrpc } from '../../app/context';
import { useFailureToast } from '../../app/failure-toast';
import { problemOf } from '../../transport/failure';
import { Button } from '../../ui/button';
import { Dialog } from '../../ui/dialog';
import { ErrorNotice, Skeleton } from '../../ui/feedback';
import { Moment } from '../../ui/moment';
import { Stack } from '../../ui/stack';
import { OperationBar } from './operation-bar';
import { OperationItems } from './operation-items';
import { OperationState } from './operation-state';
import { countItems, summary } from './summary';

interface OperationDrawerProps {
  id: string;
  onClose: () => void;
}

/** One operation, live: how far it is and the result of each. */
export function OperationDrawer({ id, onClose }: OperationDrawerProps) {
  const pushed = useLive((state) => state.operations.get(id));
  // the core pushes the newest; an older one, from a bookmark, is asked for
  const asked = useQuery({
    ...useOrpc().operations.get.queryOptions({ input: { id } }),
    enabled: pushed === undefined,
  });
  const operation = pushed ?? asked.data;
  return (
    <Dialog
      open
      size="drawer"
      title={operation?.title ?? 'Operation'}
      description={operation && <Head operation={operation} />}
      onOpenChange={onClose}
      footer={
        <>
          {operation?.state === 'running' && <CancelButton operation={operation} />}
          <Button onClick={onClose}>Close</Button>
        </>
      }
    >
      {operation ? (
        <Stack>
          <OperationBar operation={operation} />
          <OperationItems operation={operation} />
        </Stack>
      ) : asked.isError ? (
        <ErrorNotice problem={problemOf(asked.error)} />
      ) : (
        <Skeleton height="160px" />
      )}
    </Dialog>
  );
}

function Head({ operation }: { operation: Operation }) {
  return (
    <Stack direction="row" gap="small">
      <OperationState state={operation.state} word={summary(operation)} />
      <span>
        begun <Moment at={operation.createdAt} />
      </span>
    </Stack>
  );
}

/** Holds back what was not sent yet; what a cluster runs already goes on. */
function CancelButton({ operation }: { operation: Operation }) {
  const client = useClient();
  const onError = useFailureToast();
  const cancel = useMutation({
    mutationFn: () => client.operations.cancel({ id: operation.id }),
    onError,
  });
  const { waiting } = countItems(operation.items);
  if (waiting === 0) return null;
  return (
    <Button tone="danger" busy={cancel.isPending} onClick={() => cancel.mutate()}>
      {`Cancel the ${waiting} that wait`}
    </Button>
  );
}
