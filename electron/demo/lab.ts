import { DemoClusterOs } from './clusteros/cluster';
import { DemoSites } from './clusteros/sites';
import { clusterOsSpecs } from './clusteros/specs';
import { DemoCluster } from './demo-cluster';
import type { DeckCard, LabCard, LabOptions } from './lab-options';
import { peopleOf } from './people';
import { buildCluster } from './pve/model/build';
import type { ClusterSpec } from './pve/model/spec';
import { hexOf } from './pve/random';
import { PveSite } from './pve/site';
import { labSpecs, TOUR } from './specs';

type Look = Pick<LabCard, 'description' | 'group' | 'priority' | 'isDefault' | 'protected'>;

const LOOKS: readonly Look[] = [
  {
    description: 'Three nodes with Ceph: services, exams and research.',
    group: { name: 'Production', colour: 'blue' },
    priority: 90,
    isDefault: true,
    protected: true,
  },
  {
    description: 'One host for the courses. Students may break it.',
    group: { name: 'Teaching', colour: 'green' },
    priority: 60,
    isDefault: false,
    protected: false,
  },
  {
    description: 'Old hall, due for an upgrade. One node is away.',
    group: { name: 'Teaching', colour: 'green' },
    priority: 30,
    isDefault: false,
    protected: false,
  },
];
const FURTHER_GROUPS = [
  { name: 'Labs', colour: 'violet' },
  { name: 'Research', colour: 'amber' },
];

/** Simulated clusters on loopback, ready to be talked to. */
export interface DemoLab {
  /** Those of Proxmox. */
  readonly clusters: readonly DemoCluster[];
  /** The cluster of that id, e.g. `prod-main`. */
  cluster(id: string): DemoCluster;
  /** The ClusterOS clusters beside them. */
  readonly clusteros: readonly DemoClusterOs[];
  /** What is needed to put each Proxmox cluster on a deck. */
  cards(): LabCard[];
  /** The same for all clusters. */
  deckCards(): DeckCard[];
  close(): Promise<void>;
}

/**
 * Starts simulated clusters, Proxmox's and ClusterOS's, with real TLS on loopback. With the same
 * seed and clock two labs are alike, but for keys, certificates and ports.
 */
export async function startDemoLab(options: LabOptions = {}): Promise<DemoLab> {
  const seed = options.seed ?? 20_260_101;
  const specs =
    options.specs ??
    labSpecs({
      clusters: options.clusters ?? TOUR.length,
      nodes: options.nodes,
      guests: options.guests,
    });
  const clusters: DemoCluster[] = [];
  const clusteros: DemoClusterOs[] = [];
  let port = options.port ?? 0;
  const cluster = (id: string): DemoCluster => {
    const found = clusters.find((one) => one.id === id);
    if (found === undefined) throw new RangeError(`The lab has no cluster ${id}.`);
    return found;
  };
  const close = async () => {
    await Promise.all(clusteros.map((one) => one.stop()));
    await Promise.all([...clusters, ...clusteros].map((one) => one.close()));
  };
  try {
    for (const spec of specs) {
      clusters.push(await openCluster(spec, seed, port, options));
      if (port !== 0) port += spec.nodes.length;
    }
    const sites = new DemoSites();
    for (const spec of clusterOsSpecs(options.clusteros ?? 0)) {
      const { host = '127.0.0.1', clock = Date.now } = options;
      clusteros.push(await DemoClusterOs.open(spec, { host, port, seed, clock, sites }));
      if (port !== 0) port += spec.nodes.length;
    }
    for (const { cluster: id, fault, match } of options.faults ?? []) {
      cluster(id).inject(fault, match);
    }
  } catch (error) {
    await close();
    throw error;
  }
  const cards = () => clusters.map((one, index) => one.card(lookOf(index)));
  return {
    clusters,
    clusteros,
    cluster,
    cards,
    deckCards: () => [...cards(), ...clusteros.map((one) => one.card())],
    close,
  };
}

function openCluster(
  spec: ClusterSpec,
  seed: number,
  port: number,
  options: LabOptions,
): Promise<DemoCluster> {
  const clock = options.clock ?? Date.now;
  const cluster = buildCluster(spec, seed, clock());
  const people = peopleOf(
    cluster.dress,
    cluster.seed,
    spec.pools.map((pool) => pool.id),
  );
  const site = new PveSite(cluster, people.directory, {
    clock,
    taskPace: options.taskPace ?? 1,
    ambient: options.ambient ?? true,
    ticketKey: Buffer.from(hexOf(cluster.seed, 2, 64), 'hex'),
  });
  return DemoCluster.open(spec, site, people, {
    host: options.host ?? '127.0.0.1',
    port,
    apiDelayMs: options.apiDelayMs ?? 0,
    unauthorizedDelayMs: options.unauthorizedDelayMs ?? 0,
    peerTimeoutMs: options.peerTimeoutMs ?? 30_000,
    clock,
  });
}

function lookOf(index: number): Look {
  const look = LOOKS[index];
  if (look !== undefined) return look;
  return {
    description: 'One of many.',
    group: FURTHER_GROUPS[index % FURTHER_GROUPS.length] ?? { name: 'Labs', colour: 'violet' },
    priority: 20 + ((index * 13) % 60),
    isDefault: false,
    protected: false,
  };
}
