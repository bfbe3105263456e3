import { died, parameterError } from '../errors';
import { type Call, need, type Route, Unordered } from '../http/route';
import type { PveSite } from '../site';

const optional = { optional: true } as const;

/** The cluster as a whole. */
export const clusterRoutes: readonly Route[] = [
  {
    method: 'GET',
    path: '/cluster',
    handle: () =>
      new Unordered(
        [
          'replication',
          'metrics',
          'config',
          'firewall',
          'backup',
          'ha',
          'acme',
          'log',
          'resources',
          'tasks',
          'options',
          'status',
          'nextid',
          'ceph',
          'jobs',
          'sdn',
          'mapping',
          'notifications',
        ].map((name) => ({ name })),
      ),
  },
  {
    method: 'GET',
    path: '/cluster/status',
    permit: need('/', 'Sys.Audit'),
    handle: ({ site, servedBy }) => new Unordered(statusRows(site, servedBy)),
  },
  {
    method: 'GET',
    path: '/cluster/nextid',
    params: { vmid: { type: 'integer', optional: true } },
    handle: nextId,
  },
  {
    method: 'GET',
    path: '/cluster/options',
    handle: ({ site }) => ({
      mac_prefix: 'BC:24:11',
      keyboard: 'en-us',
      description: '',
      'allowed-tags': allTags(site),
    }),
  },
  {
    method: 'GET',
    path: '/cluster/log',
    params: { max: { type: 'integer', optional: true, minimum: 1 } },
    handle: clusterLog,
  },
  {
    method: 'GET',
    path: '/cluster/config/nodes',
    permit: need('/', 'Sys.Audit'),
    handle: ({ site }) =>
      new Unordered(
        site.cluster.standalone
          ? []
          : [...site.cluster.nodes.values()].map((node) => ({
              name: node.name,
              node: node.name,
              nodeid: String(node.nodeId),
              ring0_addr: node.ip,
              quorum_votes: '1',
            })),
      ),
  },
  {
    method: 'GET',
    path: '/cluster/config/totem',
    permit: need('/', 'Sys.Audit'),
    handle: ({ site }) =>
      site.cluster.standalone
        ? {}
        : {
            version: '2',
            cluster_name: site.cluster.name,
            config_version: String(site.cluster.nodes.size + 1),
            interface: { 0: { linknumber: '0' } },
            link_mode: 'passive',
            secauth: 'on',
            ip_version: 'ipv4-6',
          },
  },
  {
    method: 'GET',
    path: '/cluster/config/join',
    params: { node: optional },
    permit: need('/', 'Sys.Audit'),
    handle: joinInfo,
  },
];

function statusRows(site: PveSite, servedBy: string): unknown[] {
  const { cluster } = site;
  const nodes = [...cluster.nodes.values()];
  const rows = nodes.map((node) => ({
    type: 'node',
    id: `node/${node.name}`,
    name: node.name,
    nodeid: node.nodeId,
    // A silent member's address is not known to the others.
    ...(node.online ? { ip: node.ip } : {}),
    online: node.online ? 1 : 0,
    local: node.name === servedBy ? 1 : 0,
    level: '',
  }));
  if (cluster.standalone) return rows;
  return [
    {
      type: 'cluster',
      id: 'cluster',
      name: cluster.name,
      nodes: nodes.length,
      quorate: cluster.quorate ? 1 : 0,
      version: nodes.length + 1,
    },
    ...rows,
  ];
}

function nextId({ site, params }: Call): string {
  if (params.vmid === undefined) return String(site.cluster.nextVmid());
  if (site.cluster.guests.has(Number(params.vmid))) {
    throw parameterError({ vmid: `VM ${params.vmid} already exists` });
  }
  return params.vmid;
}

function allTags(site: PveSite): string[] {
  return [...new Set([...site.cluster.guests.values()].flatMap((guest) => guest.tags))].sort();
}

function clusterLog({ site, params }: Call): unknown {
  const rows = site.tasks
    .list()
    .slice(0, Number(params.max ?? 50))
    .map((task, index) => ({
      uid: String(index + 1),
      id: `${index + 1}:${task.plan.node}`,
      node: task.plan.node,
      user: task.plan.user,
      tag: 'pvedaemon',
      pid: task.pid,
      pri: 6,
      time: Math.floor(task.startMs / 1000),
      msg: `<${task.plan.user}> starting task ${task.upid}`,
    }));
  return rows;
}

function joinInfo({ site, servedBy }: Call): unknown {
  if (site.cluster.standalone) throw died('node is not in a cluster, no join info available!');
  const nodes = [...site.cluster.nodes.values()];
  const unseen = nodes.find((node) => !node.seen);
  if (unseen !== undefined)
    throw died(`'/etc/pve/nodes/${unseen.name}/pve-ssl.pem' does not exist!`);
  return {
    config_digest: '0000000000000000000000000000000000000000',
    preferred_node: servedBy,
    totem: { cluster_name: site.cluster.name, version: '2' },
    nodelist: nodes.map((node) => ({
      name: node.name,
      nodeid: String(node.nodeId),
      pve_addr: node.ip,
      pve_fp: node.fingerprint,
      quorum_votes: '1',
      ring0_addr: node.ip,
    })),
  };
}
