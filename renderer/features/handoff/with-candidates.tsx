import type { ReactNode } from 'react';
import type { CandidatesAnswer } from '#shared/contract/agent/operations';
import type { Cluster } from '#shared/contract/clusters';
import { problemOf } from '../../transport/failure';
import { Button } from '../../ui/button';
import { ErrorNotice, Skeleton } from '../../ui/feedback';
import { Stack } from '../../ui/stack';
import { useCandidates } from './use-candidates';

interface WithCandidatesProps {
  cluster: Cluster;
  children: (candidates: CandidatesAnswer) => ReactNode;
}

/** What the cluster says of who could take what, with its place while it is being asked. */
export function WithCandidates({ cluster, children }: WithCandidatesProps) {
  const asked = useCandidates(cluster.uuid, true);
  return (
    <Stack>
      {asked.isError && (
        <ErrorNotice
          problem={problemOf(asked.error)}
          action={
            <Button small busy={asked.isFetching} onClick={() => void asked.refetch()}>
              Try again
            </Button>
          }
        />
      )}
      {asked.data !== undefined ? (
        children(asked.data)
      ) : asked.isError ? null : (
        <Skeleton height="220px" />
      )}
    </Stack>
  );
}
