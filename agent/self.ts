import { ROLE_NAMES } from '#shared/contract/agent/dashboard';
import type { AgentPorts } from './compose';
import type { AgentConfig } from './config/schema';
import type { NodeNetwork } from './host/network';
import type { MembershipOptions } from './membership/membership';

const GIBIBYTE = 1024 ** 3;

/** What the others are told of this node. */
export async function describeNode(
  { machine, nodeName }: Pick<AgentPorts, 'machine' | 'nodeName'>,
  config: AgentConfig,
  network: Pick<NodeNetwork, 'address' | 'view'>,
): Promise<MembershipOptions['self']> {
  const { cpuCores, memTotalBytes, gpus, arch } = await machine.read();
  return {
    name: nodeName,
    address: network.address,
    tailscaleIp: network.view().tailscaleIp,
    apiPort: config.api.port,
    gossipPort: config.discovery.bind_port,
    roles: ROLE_NAMES.filter((name) => config.roles[name].enabled),
    voter: config.roles.voter,
    capabilities: {
      cpu: cpuCores,
      ram: `${Math.round(memTotalBytes / GIBIBYTE)}GB`,
      gpu: gpus,
      arch,
    },
  };
}
