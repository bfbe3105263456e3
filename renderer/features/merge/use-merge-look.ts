import { useQuery } from '@tanstack/react-query';
import type { Cluster } from '#shared/contract/clusters';
import { useOrpc } from '../../app/context';

const LOOK_AGAIN_MS = 10_000;

/** Both clusters' cards and who stays by them, looked at again while one chooses. */
export function useMergeLook(cluster: Cluster, other: Cluster | undefined, isChoosing: boolean) {
  const orpc = useOrpc();
  return useQuery({
    ...orpc.merge.look.queryOptions({
      input: { clusters: [cluster.uuid, other?.uuid ?? cluster.uuid] },
    }),
    enabled: other !== undefined,
    refetchInterval: isChoosing ? LOOK_AGAIN_MS : false,
    retry: false,
  });
}

export type MergeLooking = ReturnType<typeof useMergeLook>;
