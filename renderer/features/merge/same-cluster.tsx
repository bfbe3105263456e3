import { useQuery } from '@tanstack/react-query';
import type { Cluster } from '#shared/contract/clusters';
import { useOrpc } from '../../app/context';
import { Notice } from '../../ui/feedback';
import { Stack } from '../../ui/stack';
import { Duplicates } from './duplicates';

interface SameClusterProps {
  of: Cluster;
  /** why the two are one, in a sentence */
  words: string;
}

/** Two cards that lead to one cluster: nothing to merge, but one card is enough. */
export function SameCluster({ of, words }: SameClusterProps) {
  const orpc = useOrpc();
  const found = useQuery(orpc.merge.duplicates.queryOptions({ input: { uuid: of.uuid } }));
  return (
    <Stack>
      <Notice tone="warning" title={words}>
        Nothing was changed.
      </Notice>
      {found.data !== undefined && found.data.length > 0 && (
        <Duplicates of={of} found={found.data} />
      )}
    </Stack>
  );
}
