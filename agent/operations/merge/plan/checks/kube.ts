import { BlockList, isIP } from 'node:net';
import type { PlanCheck } from '#shared/contract/agent/operations';
import { doubtful, failed, fine } from '../../../departure/checks';
import type { Survey } from '../survey';
import { some } from './words';

/** Every k3s makes these by itself. */
const OWN_NAMESPACES = new Set(['default', 'kube-system', 'kube-public', 'kube-node-lease']);

/** About Kubernetes; nothing where no node that crosses has to do with it. */
export function kubeChecks(seen: Survey): PlanCheck[] {
  const { gaining, losing } = seen;
  const agents = losing.members.filter(({ roles }) => roles.includes('k3s-agent'));
  const servers = losing.members.filter(({ roles }) => roles.includes('k3s-server'));
  return [
    ...(servers.length > 0 ? [serversOf(seen, servers)] : []),
    ...(servers.length > 0 && gaining.k3s !== null ? namespaces(seen) : []),
    ...(agents.length > 0 ? [joining(seen, agents), ...versions(seen, agents)] : []),
    ...(gaining.k3s === null ? [] : networks(seen)),
  ];
}

type Members = Survey['losing']['members'];
const named = (members: Members) => some(members.map(({ name }) => name));

/** Kubernetes cannot become part of another one: what runs there must be moved by its owners. */
function serversOf({ losing, gaining }: Survey, servers: Members): PlanCheck {
  const { k3s } = losing;
  const own = k3s?.namespaces.filter((name) => !OWN_NAMESPACES.has(name)) ?? [];
  const what = own.length === 0 ? '' : ` Namespaces there: ${some(own)}.`;
  return failed({
    id: 'k3s-servers',
    title: `k3s of ${losing.cluster.name} cannot be carried over`,
    ...(servers.length === 1 && { node: servers[0]?.name ?? '' }),
    detail: `${named(servers)} ${servers.length === 1 ? 'is a server' : 'are servers'} of its own k3s.${what}`,
    remedy: `Move what runs there first: save its objects (kubectl get -A -o yaml, or a backup tool for volumes) and apply them in ${gaining.cluster.name}. Then switch roles.k3s-server off on ${named(servers)} and restart the agents.`,
  });
}

/** Whoever moves workloads by hand meets these. */
function namespaces({ gaining, losing }: Survey): PlanCheck[] {
  const theirs = new Set(losing.k3s?.namespaces);
  const twice = (gaining.k3s?.namespaces ?? []).filter(
    (name) => theirs.has(name) && !OWN_NAMESPACES.has(name),
  );
  const found = { id: 'namespaces', title: 'Namespaces have names of their own' };
  if (twice.length === 0) return [fine({ ...found, detail: 'No namespace is there twice.' })];
  const remedy =
    'Give what you move another namespace, or look at each object before you apply it.';
  return [doubtful({ ...found, detail: `Both clusters have ${some(twice)}.`, remedy })];
}

function joining({ gaining }: Survey, agents: Members): PlanCheck {
  const found = { id: 'k3s-agents', title: 'k3s agents have a server to join' };
  const { k3s, cluster } = gaining;
  if (k3s !== null && k3s.servers.length > 0) {
    const detail = `${named(agents)} ${agents.length === 1 ? 'joins' : 'join'} ${some(k3s.servers)}; pods are evicted first, as a drain does it.`;
    return fine({ ...found, detail });
  }
  return doubtful({
    ...found,
    detail: `${cluster.name} has no k3s server, so ${named(agents)} would wait for one.`,
    remedy: `Enable roles.k3s-server on a node of ${cluster.name}, or switch roles.k3s-agent off there.`,
  });
}

/** A kubelet is never newer than its server, and at most three releases older. */
function versions({ gaining, crossers }: Survey, agents: Members): PlanCheck[] {
  const server = releaseOf(gaining.k3s?.version ?? '');
  if (server === null) return [];
  const found = { id: 'k3s-version', title: 'k3s is of fitting versions' };
  const ids = new Set(agents.map(({ id }) => id));
  const wrong = crossers.filter(({ node, look }) => {
    const own = releaseOf(look?.k3sVersion ?? '');
    return ids.has(node.id) && own !== null && (own > server || own < server - 3);
  });
  const [first] = wrong;
  if (first === undefined)
    return [fine({ ...found, detail: `The server has ${gaining.k3s?.version}.` })];
  return [
    failed({
      ...found,
      ...(wrong.length === 1 && { node: first.node.name }),
      detail: `The server has ${gaining.k3s?.version}; ${some(wrong.map(({ node }) => node.name))} ${wrong.length === 1 ? 'has' : 'have'} ${first.look?.k3sVersion}.`,
      remedy: `Install k3s ${gaining.k3s?.version} there.`,
    }),
  ];
}

/** `v1.31.4+k3s1` is 31. */
function releaseOf(version: string): number | null {
  const minor = /^v1\.(\d+)\./.exec(version)?.[1];
  return minor === undefined ? null : Number(minor);
}

/** A node within the addresses of pods or services is out of reach for every pod. */
function networks({ gaining, losing }: Survey): PlanCheck[] {
  const { clusterCidr, serviceCidr } = gaining.k3s ?? { clusterCidr: '', serviceCidr: '' };
  const found = { id: 'cidr', title: 'Nodes lie outside the addresses of pods' };
  const taken = new BlockList();
  for (const cidr of `${clusterCidr},${serviceCidr}`.split(',')) {
    const [net = '', bits = ''] = cidr.trim().split('/');
    if (isIP(net) !== 0) taken.addSubnet(net, Number(bits), familyOf(net));
  }
  const inside = losing.members.filter(
    ({ address }) => isIP(address) !== 0 && taken.check(address, familyOf(address)),
  );
  const detail = `Pods and services of ${gaining.cluster.name} have ${clusterCidr} and ${serviceCidr}.`;
  if (inside.length === 0) return [fine({ ...found, detail })];
  return [
    failed({
      ...found,
      ...(inside.length === 1 && { node: inside[0]?.name ?? '' }),
      detail: `${detail} ${named(inside)} ${inside.length === 1 ? 'lies' : 'lie'} within.`,
      remedy: `Give ${inside.length === 1 ? 'it' : 'them'} addresses outside of both.`,
    }),
  ];
}

const familyOf = (address: string) => (isIP(address) === 6 ? 'ipv6' : 'ipv4');
