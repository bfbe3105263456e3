import { readFileSync } from 'node:fs';
import { type NetworkInterfaceInfo, networkInterfaces } from 'node:os';
import type { AgentProblem } from '#shared/contract/agent/dashboard';
import { fail } from '#shared/contract/errors';
import type { AgentConfig } from '../config/schema';
import type { NetworkView } from '../facts/types';
import type { Tailscale } from '../membership/tailscale';
import type { Logger } from '../ports';

type Interfaces = Record<string, NetworkInterfaceInfo[] | undefined>;

/** Those of containers, bridges and tunnels lead to no other node. */
const VIRTUAL = /^(lo|docker|br-|virbr|veth|cni|flannel|cali|tailscale|wg|tun|tap|podman|lxc)/;

/**
 * The address that other nodes reach this one at.
 * @param tailscaleIp '' where there is none
 * @throws Failure INVALID_INPUT where the configured one is not of this machine or there is none
 */
export function chooseAddress(
  config: Pick<AgentConfig, 'networking' | 'tailscale'>,
  tailscaleIp: string,
  interfaces: Interfaces = networkInterfaces(),
): { address: string; type: 'tailscale' | 'address' } {
  const { address, interface: device, type } = config.networking;
  const wantsTailnet = type === 'tailscale' || (type === 'auto' && config.tailscale.enabled);
  if (address === undefined && wantsTailnet && tailscaleIp !== '') {
    return { address: tailscaleIp, type: 'tailscale' };
  }
  if (type === 'tailscale' && address === undefined) {
    throw unusable('networking.type', 'This node has no address in a tailnet.');
  }
  if (address !== undefined) {
    if (!isAssigned(address, interfaces))
      throw unusable('networking.address', `${address} is no address of this machine.`);
    return { address, type: address === tailscaleIp ? 'tailscale' : 'address' };
  }
  const found = firstAddress(interfaces, device);
  if (found !== null) return { address: found, type: 'address' };
  if (device !== undefined) {
    throw unusable('networking.interface', `The interface ${device} has no address.`);
  }
  throw unusable('networking.address', 'This machine has no address that others could reach.');
}

/**
 * Whether the machine has this address, also while the cable is out: Node leaves such interfaces
 * out of its list, the kernel's own routing table keeps them.
 */
function isAssigned(address: string, interfaces = networkInterfaces()): boolean {
  if (isConnected(address, interfaces)) return true;
  try {
    const local = readFileSync('/proc/net/fib_trie', 'utf8').matchAll(
      /\|-- ([\d.]+)\n\s+\/32 host LOCAL/g,
    );
    return [...local].some(([, one]) => one === address);
  } catch {
    return false;
  }
}

const isConnected = (address: string, interfaces = networkInterfaces()): boolean =>
  Object.values(interfaces).some((all) => all?.some((one) => one.address === address));

/** IPv4 before IPv6, and no address that holds on one link only. */
function firstAddress(interfaces: Interfaces, device: string | undefined): string | null {
  const candidates = Object.entries(interfaces)
    .filter(([name]) => (device === undefined ? !VIRTUAL.test(name) : name === device))
    .flatMap(([, addresses]) => addresses ?? [])
    .filter(({ internal, address }) => !internal && !/^(169\.254\.|fe80:)/i.test(address));
  const v4 = candidates.find(({ family }) => family === 'IPv4');
  return (v4 ?? candidates[0])?.address ?? null;
}

const unusable = (field: string, message: string) =>
  fail(
    'INVALID_INPUT',
    { field, remedy: `Connect this machine to its network, or set ${field} in node-agent.yaml.` },
    message,
  );

/** IPv6 may be switched off. */
export const loopbackAddresses = (): string[] =>
  ['127.0.0.1', '::1'].filter((address) => isConnected(address));

/** How this node is reached. */
export interface NodeNetwork {
  /** by the others of its cluster */
  address: string;
  /** all at which it offers its API, this one first */
  addresses: string[];
  view(): NetworkView;
  problems(): AgentProblem[];
}

/**
 * Waits for the tailnet where it is wanted, then chooses.
 * @throws Failure INVALID_INPUT | TIMEOUT where the tailnet is required and not there
 */
export async function settleNetwork(
  config: Pick<AgentConfig, 'networking' | 'tailscale'>,
  { tailscale, logger }: { tailscale: Tailscale; logger: Logger },
  signal: AbortSignal,
): Promise<NodeNetwork> {
  const { wait_seconds: waitS, required } = config.tailscale;
  const tailscaleIp =
    (await tailscale.waitForAddress(
      waitS * 1000,
      (message) => logger.warn({ waitS }, `Waiting for the tailnet: ${message}`),
      signal,
    )) ?? '';
  if (tailscaleIp === '' && required) {
    const remedy = 'Run "tailscale up", or set tailscale.required to false.';
    const { message } = tailscale.view();
    throw fail('TIMEOUT', { remedy, detail: message }, `There is no tailnet after ${waitS} s.`);
  }
  const { address, type } = chooseAddress(config, tailscaleIp);
  return {
    address,
    addresses: [...new Set([address, tailscaleIp])].filter((one) => one !== ''),
    view() {
      const { enabled, connected, ip, peers, message } = tailscale.view();
      return {
        type,
        connected: type === 'tailscale' ? connected : isConnected(address),
        tailscaleIp: ip,
        tailscaleEnabled: enabled,
        peerCount: enabled && connected ? peers.length : null,
        message,
      };
    },
    problems: () => (isAssigned(address) ? [] : [gone(address)]),
  };
}

const gone = (address: string): AgentProblem => ({
  severity: 'bad',
  code: 'address-gone',
  title: 'This machine has lost its address',
  detail: `Others know this node as ${address}, which none of its interfaces has now.`,
  remedy: 'Bring the address back, or restart the agent so that it takes the new one.',
});
