import { parse, stringify } from 'yaml';
import { fail } from '#shared/contract/errors';

/** What a k3s server needs to know; see https://docs.k3s.io/cli/server */
export interface ServerWish {
  nodeName: string;
  address: string;
  /** further addresses and names under which its API is reached */
  names: readonly string[];
  /** https://host:6443 of a server to join; null: this one begins the cluster */
  join: string | null;
  /** file of the token; null: k3s makes one, which only the first server may */
  tokenFile: string | null;
  /** of the network that carries the pods' traffic; null: k3s chooses */
  networkInterface: string | null;
  clusterCidr: string | null;
  serviceCidr: string | null;
  extra: Readonly<Record<string, unknown>>;
}

/** What a k3s agent needs to know; see https://docs.k3s.io/cli/agent */
export interface AgentWish {
  nodeName: string;
  address: string;
  server: string;
  tokenFile: string;
  networkInterface: string | null;
  extra: Readonly<Record<string, unknown>>;
}

const HEADER = '# Written by the node agent; own keys belong into roles.*.extra of its file.\n';
/** Secrets, orders that delete what the cluster holds, and places where the agent would look in vain. */
const FORBIDDEN = /^(token|agent-token|cluster-reset.*|data-dir|write-kubeconfig)$/;

/** YAML for `config.yaml.d`. Keys of `extra` win, but for those that only the agent can know. */
export function renderServer(wish: ServerWish): string {
  return render(wish.extra, {
    'node-name': wish.nodeName,
    'node-ip': wish.address,
    'advertise-address': wish.address,
    'tls-san': [...new Set([wish.address, wish.nodeName, ...wish.names])],
    'write-kubeconfig-mode': '0600',
    // a single server keeps its data in etcd too, so that others can join later
    ...(wish.join === null ? { 'cluster-init': true } : { server: wish.join }),
    ...(wish.tokenFile !== null && { 'token-file': wish.tokenFile }),
    ...(wish.networkInterface !== null && { 'flannel-iface': wish.networkInterface }),
    ...(wish.clusterCidr !== null && { 'cluster-cidr': wish.clusterCidr }),
    ...(wish.serviceCidr !== null && { 'service-cidr': wish.serviceCidr }),
  });
}

export function renderAgent(wish: AgentWish): string {
  return render(wish.extra, {
    'node-name': wish.nodeName,
    'node-ip': wish.address,
    server: wish.server,
    'token-file': wish.tokenFile,
    ...(wish.networkInterface !== null && { 'flannel-iface': wish.networkInterface }),
  });
}

const OWN = new Set(['node-name', 'server', 'cluster-init', 'token-file']);

function render(extra: Readonly<Record<string, unknown>>, own: Record<string, unknown>): string {
  for (const key of Object.keys(extra)) {
    if (!FORBIDDEN.test(key)) continue;
    const remedy = `Take ${key} out of the node agent's file.`;
    throw fail('INVALID_INPUT', { remedy, field: `extra.${key}` }, `${key} cannot be set here.`);
  }
  const free = Object.entries(extra).filter(([key]) => !OWN.has(key));
  return HEADER + stringify({ ...own, ...Object.fromEntries(free) });
}

/** By which server a node joined, as its file says; null where it names none. */
export function serverIn(text: string): string | null {
  const { server } = read(text);
  return typeof server === 'string' ? server : null;
}

/** The same file, with another server to join by from the next start on. */
export const withServer = (text: string, server: string): string =>
  HEADER + stringify({ ...read(text), server });

function read(text: string): Record<string, unknown> {
  const found: unknown = parse(text);
  return typeof found === 'object' && found !== null ? { ...found } : {};
}
