import type { AgentConfig } from '../../config/schema';
import type { Membership, Peers } from '../../membership/types';
import type { Clock, Commands, Logger, Supervisor } from '../../ports';
import type { State } from '../../state/types';
import type { KubePlaces } from './places';

export interface KubeOptions {
  membership: Pick<Membership, 'self' | 'members'>;
  peers: Peers;
  state: Pick<State, 'get' | 'list' | 'commit' | 'watch' | 'revision' | 'lease' | 'campaign'>;
  supervisor: Supervisor;
  commands: Pick<Commands, 'run'>;
  clock: Clock;
  logger: Logger;
  config: Pick<AgentConfig['roles'], 'k3s-server' | 'k3s-agent'>;
  places: KubePlaces;
  /** of the tailnet where the cluster runs over one; null: k3s chooses */
  networkInterface: string | null;
}
