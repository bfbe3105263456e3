import type { RoleName } from '#shared/contract/agent/dashboard';
import type { NodeFault } from './faults';

/** One machine of a simulated ClusterOS cluster. */
export interface AgentNodeSpec {
  name: string;
  cores: number;
  memGiB: number;
  diskGiB: number;
  gpus: number;
  roles: readonly RoleName[];
  partitions: readonly string[];
  /** why nobody's jobs start on it from the beginning */
  drained?: string;
  /** what is wrong with it from the beginning */
  faults?: readonly NodeFault[];
}

/** A web service that a node offers, or fails to. */
export interface ServiceSpec {
  node: string;
  /** as `ondemand` */
  name: string;
  port: number;
  /** path of its first page */
  path: string;
  /** unit that carries it, where the agents look at that by name */
  unit?: 'apache2' | 'ttyd' | 'filebrowser';
  /** what its log says where it failed */
  failed?: string;
}

export interface ClusterOsSpec {
  id: string;
  label: string;
  description: string;
  region: string;
  datacenter: string;
  group: { name: string; colour: string };
  priority: number;
  nodes: readonly AgentNodeSpec[];
  services: readonly ServiceSpec[];
  /** whether all controllers see the same folder for their jobs */
  sharedJobs: boolean;
  /** seconds between two jobs at noon */
  jobEveryS: number;
  firstJobId: number;
  /** days since it was founded */
  ageDays: number;
  /** as its nodes' addresses begin; of a range for documentation */
  subnet: string;
}

const controller: RoleName = 'slurm-controller';
const worker: RoleName = 'slurm-worker';
const server: RoleName = 'k3s-server';
const agent: RoleName = 'k3s-agent';

const FORGE: ClusterOsSpec = {
  id: 'forge',
  label: 'Forge',
  description: 'Bare metal for research: batch jobs by SLURM, services on k3s.',
  region: 'south',
  datacenter: 'hall-a',
  group: { name: 'Research', colour: 'amber' },
  priority: 80,
  nodes: [
    node('forge-1', 16, 64, [controller, server], []),
    node('forge-2', 32, 128, [controller, worker, server], ['batch', 'short']),
    node('forge-3', 32, 128, [worker, server], ['batch', 'short']),
    {
      ...node('forge-4', 48, 256, [controller, worker, agent], ['gpu']),
      gpus: 4,
      // somebody tries it sooner or later, and sees how a handoff that fails is undone
      faults: ['start-fails'],
    },
    {
      ...node('forge-5', 32, 128, [worker, agent], ['batch']),
      drained: 'DIMM B2 throws ECC errors, spare ordered',
    },
  ],
  services: [
    { node: 'forge-1', name: 'ondemand', port: 8080, path: '/', unit: 'apache2' },
    { node: 'forge-2', name: 'rancher', port: 443, path: '/dashboard/' },
    { node: 'forge-1', name: 'ttyd', port: 7681, path: '/', unit: 'ttyd' },
    {
      node: 'forge-3',
      name: 'filebrowser',
      port: 8082,
      path: '/',
      unit: 'filebrowser',
      failed: 'open /srv/files/filebrowser.db: no space left on device',
    },
  ],
  sharedJobs: true,
  jobEveryS: 75,
  firstJobId: 48_100,
  ageDays: 412,
  subnet: '198.51.100',
};

const BENCH: ClusterOsSpec = {
  id: 'bench',
  label: 'Bench',
  description: 'Two machines in the workshop, for courses and first tries.',
  region: 'south',
  datacenter: 'workshop',
  group: { name: 'Teaching', colour: 'green' },
  priority: 40,
  nodes: [
    node('bench-1', 12, 32, [controller, worker], ['lab']),
    node('bench-2', 12, 32, [controller, worker], ['lab']),
  ],
  services: [{ node: 'bench-1', name: 'jupyterhub', port: 8080, path: '/hub/' }],
  sharedJobs: false,
  jobEveryS: 420,
  firstJobId: 900,
  ageDays: 57,
  subnet: '203.0.113',
};

/** The ClusterOS clusters of the tour, as many as asked for. */
export const clusterOsSpecs = (count: number): ClusterOsSpec[] => [FORGE, BENCH].slice(0, count);

function node(
  name: string,
  cores: number,
  memGiB: number,
  roles: readonly RoleName[],
  partitions: readonly string[],
): AgentNodeSpec {
  return { name, cores, memGiB, diskGiB: 960, gpus: 0, roles, partitions };
}
