import type { AgentConfig } from '../config/schema';
import type { Clock, Logger, Supervisor } from '../ports';
import { SYSTEM_FOLDERS } from '../roles/slurm/machine';
import { Crossing } from './crossing';
import { Kept } from './kept';
import { clusterParts } from './places';

const KUBE = { data: '/var/lib/rancher/k3s', node: '/etc/rancher/node' };

interface Deps {
  clock: Clock;
  logger: Logger;
  supervisor: Pick<Supervisor, 'stop'>;
}

/** Crossings of this machine's node. @param root of the agent's state */
export function crossingHere(deps: Deps, config: AgentConfig, root: string): Crossing {
  const parts = clusterParts({ config, root, slurm: SYSTEM_FOLDERS, kube: KUBE });
  const kept = new Kept({ root, places: () => parts.places(), clock: deps.clock });
  return new Crossing({ ...deps, root, parts, kept });
}
