import { isIP } from 'node:net';
import { z } from 'zod';
import { hostPort, nodeName } from '#shared/contract/agent/enrolment';
import { seconds } from './duration';

/**
 * `/etc/clusterdeck/node-agent.yaml`. The keys are the file's own; durations are written as `30`
 * (seconds), `30s`, `10m`, `24h` or `7d` and are milliseconds once read.
 */
const port = z.number().int().min(1).max(65_535);
const address = z.string().refine((text) => isIP(text) !== 0, 'Write an IP address.');
const path = z.string().startsWith('/', 'Write an absolute path.');
/** One line for a daemon's own configuration file. */
const line = z
  .string()
  .max(1024)
  .refine((text) => !/[\r\n\0]/.test(text), 'Write one line per entry.');
const word = z.string().regex(/^[A-Za-z0-9_-]{1,64}$/, 'Use letters, digits, "_" and "-".');

const identity = z.object({
  /** default: the machine's host name */
  name: nodeName.optional(),
  state_dir: path.default('/var/lib/clusterdeck'),
});

const discovery = z.object({
  mode: z.literal('serf', 'Only serf is known.').default('serf'),
  /** beside those of the enrolment file */
  seeds: z.array(hostPort).default([]),
  bind_port: port.default(7946),
  rpc_port: port.default(7373),
  /** how long a founder asks its seeds before it founds the cluster */
  found_after: seconds().default(10_000),
});

const networking = z.object({
  /** default: tailscale's where it is enabled and connected, else the first of `interface` or of all */
  address: address.optional(),
  interface: z.string().min(1).max(15).optional(),
  type: z.enum(['auto', 'tailscale', 'static']).default('auto'),
});

const tailscale = z.object({
  enabled: z.boolean().default(false),
  /** without it the agent waits and tells so, and takes no other address */
  required: z.boolean().default(false),
  wait_seconds: z.number().int().min(0).max(3600).default(60),
});

const slurmController = z.object({
  enabled: z.boolean().default(false),
  state_save_location: path.default('/var/spool/slurmctld'),
  /** whether every controller sees the same state_save_location, as over NFS */
  shared: z.boolean().default(false),
  /** so that two clusters never give out the same number */
  first_job_id: z.number().int().min(1).max(67_000_000).optional(),
  slurmctld_timeout: seconds(3_000).default(30_000),
  slurmd_timeout: seconds(10_000).default(300_000),
  /** further lines for slurm.conf; they win */
  extra: z.array(line).default([]),
});

const slurmWorker = z.object({
  enabled: z.boolean().default(false),
  partitions: z.array(word).default([]),
  features: z.array(word).default([]),
});

const k3sServer = z.object({
  enabled: z.boolean().default(false),
  cluster_cidr: z.string().optional(),
  service_cidr: z.string().optional(),
  /** further keys of k3s' own configuration file */
  extra: z.record(z.string(), z.unknown()).default({}),
});

const k3sAgent = z.object({
  enabled: z.boolean().default(false),
  /** default: a server of this cluster */
  server: z.url({ protocol: /^https$/, error: 'Write https://host:6443.' }).optional(),
  extra: z.record(z.string(), z.unknown()).default({}),
});

const roles = z.object({
  'slurm-controller': slurmController.prefault({}),
  'slurm-worker': slurmWorker.prefault({}),
  'k3s-server': k3sServer.prefault({}),
  'k3s-agent': k3sAgent.prefault({}),
  /** whether it may keep a copy of the cluster's state and vote */
  voter: z.boolean().default(true),
});

const logging = z.object({
  level: z.enum(['debug', 'info', 'warn', 'error']).default('info'),
  /** default: standard error, which systemd keeps in its journal; SIGHUP opens it anew */
  file: path.optional(),
});

const cluster = z.object({
  enrolment: path.default('/etc/clusterdeck/enrolment.yaml'),
  merging: z.object({ enabled: z.boolean().default(false) }).prefault({}),
});

const api = z.object({
  /** plain HTTP on loopback, read only; HTTPS on `addresses` under the same number */
  port: port.default(9090),
  /** default: the cluster address and tailscale's */
  addresses: z.array(address).optional(),
  tokens: z.object({ default_expiry: seconds(60_000).default(90 * 86_400_000) }).prefault({}),
});

const state = z.object({
  kind: z.enum(['etcd', 'sqlite']).default('etcd'),
  /** default: see `statePortsOf` */
  client_port: port.optional(),
  peer_port: port.optional(),
  /** default: etcd or state.db in identity.state_dir */
  path: path.optional(),
  /** a voter that failed for so long is replaced where a quorum stays */
  replace_after: seconds(10_000).default(3_600_000),
});

/** Sections may be left out; each then takes its defaults. */
export const agentConfig = z.object({
  identity: identity.prefault({}),
  discovery: discovery.prefault({}),
  networking: networking.prefault({}),
  tailscale: tailscale.prefault({}),
  roles: roles.prefault({}),
  logging: logging.prefault({}),
  cluster: cluster.prefault({}),
  api: api.prefault({}),
  state: state.prefault({}),
  /** for handoff, departure and merge; it has no keys yet */
  operations: z.object({}).prefault({}),
});
export type AgentConfig = z.output<typeof agentConfig>;

/**
 * Where etcd of the shared state listens: by default at etcd's usual ports, but for a k3s server, whose
 * own etcd takes those and cannot be given others.
 */
export function statePortsOf({ state, roles }: Pick<AgentConfig, 'state' | 'roles'>): {
  client: number;
  peer: number;
} {
  const [client, peer] = roles['k3s-server'].enabled ? [2479, 2480] : [2379, 2380];
  return { client: state.client_port ?? client, peer: state.peer_port ?? peer };
}
export { hostPort, nodeName };
