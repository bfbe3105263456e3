import { type Query, queryLanguage } from './query-language';

export type { ParsedQuery } from './query-language';

/** What the query looks at of one guest; a row of the inventory has it. */
export interface QueriedGuest {
  vmid: number;
  kind: 'qemu' | 'lxc';
  node: string;
  name: string;
  status: string;
  template: boolean;
  tags: readonly string[];
  pool: string | null;
  lock: string | null;
  haState: string | null;
  cpu: number | null;
  maxCpu: number | null;
  mem: number | null;
  maxMem: number | null;
  maxDisk: number | null;
  uptimeS: number | null;
}

/** What the query looks at of the guest's cluster. */
export interface QueriedCluster {
  clusterId: string;
  name: string;
}

interface Subject {
  guest: QueriedGuest;
  cluster: QueriedCluster;
}

const FLAGS: Record<string, (subject: Subject) => boolean> = {
  template: ({ guest }) => guest.template,
  running: ({ guest }) => guest.status === 'running',
  stopped: ({ guest }) => guest.status === 'stopped' && !guest.template,
  unknown: ({ guest }) => guest.status === 'unknown',
  locked: ({ guest }) => guest.lock !== null,
  ha: ({ guest }) => guest.haState !== null,
};

const GUESTS = queryLanguage<Subject>({
  words: {
    name: ({ guest }) => [guest.name],
    status: ({ guest }) => [guest.status],
    tag: ({ guest }) => guest.tags,
    node: ({ guest }) => [guest.node],
    cluster: ({ cluster }) => [cluster.clusterId, cluster.name],
    pool: ({ guest }) => [guest.pool],
    lock: ({ guest }) => [guest.lock],
    ha: ({ guest }) => [guest.haState],
    type: ({ guest }) => (guest.kind === 'qemu' ? ['qemu', 'vm'] : ['lxc', 'ct', 'container']),
  },
  numbers: {
    vmid: { scale: 'plain', value: ({ guest }) => guest.vmid },
    cpu: { scale: 'percent', value: ({ guest }) => guest.cpu },
    cores: { scale: 'plain', value: ({ guest }) => guest.maxCpu },
    mem: {
      scale: 'bytes',
      value: ({ guest }) => guest.mem,
      whole: ({ guest }) => guest.maxMem,
    },
    maxmem: { scale: 'bytes', value: ({ guest }) => guest.maxMem },
    disk: { scale: 'bytes', value: ({ guest }) => guest.maxDisk },
    uptime: { scale: 'seconds', value: ({ guest }) => guest.uptimeS },
  },
  flags: FLAGS,
  booleans: ['template'],
  byPart: ['name'],
  searched: ({ guest, cluster }) => [
    guest.name,
    String(guest.vmid),
    ...guest.tags,
    guest.node,
    guest.pool ?? '',
    cluster.clusterId,
    cluster.name,
  ],
  help: [
    { field: 'status', example: 'status:running', meaning: 'in this state' },
    {
      field: 'name',
      example: 'name:web*',
      meaning: 'the name contains it; * and ? stand for anything',
    },
    { field: 'tag', example: 'tag:exam,lab', meaning: 'has one of these tags' },
    { field: 'node', example: 'node:pve3', meaning: 'on this node' },
    { field: 'cluster', example: 'cluster:prod*', meaning: 'in this cluster, by id or name' },
    { field: 'type', example: 'type:lxc', meaning: 'vm or lxc' },
    { field: 'pool', example: 'pool:students', meaning: 'in this pool' },
    { field: 'lock', example: 'lock:backup', meaning: 'locked by this' },
    { field: 'ha', example: 'ha:started', meaning: 'in this state of high availability' },
    { field: 'vmid', example: 'vmid:100-120', meaning: 'with an id in this range' },
    { field: 'cpu', example: 'cpu:>80', meaning: 'per cent of its cores in use' },
    { field: 'cores', example: 'cores:>=8', meaning: 'cores it has' },
    { field: 'mem', example: 'mem:>4G', meaning: 'memory in use, also in per cent: mem:>90%' },
    { field: 'maxmem', example: 'maxmem:>=16G', meaning: 'memory it has' },
    { field: 'disk', example: 'disk:>100G', meaning: 'size of its disk' },
    { field: 'uptime', example: 'uptime:>7d', meaning: 'running for longer than this' },
    { field: 'is', example: 'is:template', meaning: `one of ${Object.keys(FLAGS).join(', ')}` },
    {
      field: 'template',
      example: '-template:true',
      meaning: 'a minus before a condition turns it round',
    },
  ],
});

/** The fields a query may name, with an example of each, for help and completion. */
export const QUERY_HELP = GUESTS.help;

/** Reads a query about guests. */
export const parseQuery = GUESTS.parse;

/** Turns a query into a test for rows, prepared once so that many rows are quick. */
export function matcher(query: Query): (guest: QueriedGuest, cluster: QueriedCluster) => boolean {
  const test = GUESTS.matcher(query);
  return (guest, cluster) => test({ guest, cluster });
}
