import { useQuery } from '@tanstack/react-query';
import { useOrpc } from '../../app/context';

const LOOK_AGAIN_MS = 10_000;

/** Who could take which role and who could leave, asked of the cluster every few seconds. */
export function useCandidates(uuid: string, isNeeded: boolean) {
  return useQuery({
    ...useOrpc().clusterOperations.candidates.queryOptions({ input: { uuid } }),
    enabled: isNeeded,
    refetchInterval: LOOK_AGAIN_MS,
    retry: false,
  });
}
