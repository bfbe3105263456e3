import type { Cluster } from '#shared/contract/clusters';
import { useLive } from '../../app/context';
import { useBlock } from '../access/use-block';
import { lackOfRole } from './slurm-actions';

/** Why nobody may act on a cluster's nodes and jobs from here, in a sentence; null: one may. */
export function useSlurmBlock(cluster: Cluster): string | null {
  const block = useBlock(cluster);
  const lack = useLive((state) => lackOfRole(state.live.get(cluster.uuid)?.clusteros));
  return block ?? lack;
}
