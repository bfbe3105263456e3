import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { AgentConfig } from '../config/schema';
import { FENCE_FILE } from '../operations/hands/fence';
import { type KubePlaces, placesOf as kubePlacesOf } from '../roles/k3s/places';
import type { SlurmFolders } from '../roles/slurm/machine';
import { OURS } from '../roles/slurm/render';
import { isOurs } from '../roles/slurm/state-facts';
import { MARK } from '../roles/slurm/state-save';
import type { CrossingRecord } from './record';

/** Something that belongs to the cluster that this node is in, and not to the node. */
export interface Place {
  /** where it is kept, below the folder of its cluster */
  name: string;
  path: string;
  /** with it one can speak for the cluster: it goes first when what was kept is dropped */
  isSecret: boolean;
  /** of a folder only what this says; left out: all of it, the folder itself too */
  takes?: (name: string) => boolean;
}

/** One daemon that serves the cluster which this node is in. */
export interface ClusterDaemon {
  name: string;
  /** ended at once: the others find out by themselves, and sooner than by a good-bye */
  force: boolean;
}

/** What of this node belongs to its cluster. */
export interface ClusterParts {
  places(): Promise<Place[]>;
  /** in the order in which they are stopped: those of one row at once */
  daemons: readonly (readonly ClusterDaemon[])[];
}

/** Of k3s' agent: certificates and what it knows of its servers; images and pods' volumes stay. */
const STAYS_OF_K3S = new Set(['containerd', 'images', 'pod-manifests']);
const SLURM_FILES = ['slurm.conf', 'cgroup.conf', 'gres.conf'];

interface Deps {
  config: AgentConfig;
  /** of the agent's state */
  root: string;
  slurm: SlurmFolders;
  kube: { data: string; node: string };
}

/** As this machine is laid out. */
export function clusterParts(deps: Deps): ClusterParts {
  const { config } = deps;
  const { roles } = config;
  const has = {
    controller: roles['slurm-controller'].enabled,
    worker: roles['slurm-worker'].enabled,
    // a server's kubelet is part of the server, which does not cross; one that serves a k3s elsewhere goes on
    kube:
      roles['k3s-agent'].enabled &&
      roles['k3s-agent'].server === undefined &&
      !roles['k3s-server'].enabled,
  };
  const daemon = (name: string, isHere: boolean, force = false): ClusterDaemon[] =>
    isHere ? [{ name, force }] : [];
  return {
    places: async () => [
      ...ownPlaces(deps),
      ...(has.controller || has.worker ? await slurmPlaces(deps) : []),
      ...(has.kube ? kubePlaces(deps) : []),
    ],
    daemons: [
      [
        ...daemon('slurmd', has.worker),
        ...daemon('slurmctld', has.controller),
        ...daemon('k3s-agent', has.kube),
        ...daemon('clusterdeck-etcd', config.state.kind === 'etcd'),
        ...daemon('clusterdeck-serf', true, true),
      ],
      // SLURM's daemons speak by it until they end
      daemon('munge', has.controller || has.worker),
    ],
  };
}

/** The agent's own. Identity and the records of daemons are the node's, whichever cluster it is in. */
function ownPlaces({ config, root }: Deps): Place[] {
  const place = (name: string, isSecret = false): Place => ({
    name,
    path: join(root, name),
    isSecret,
  });
  return [
    { name: 'enrolment.yaml', path: config.cluster.enrolment, isSecret: true },
    place('membership.json'),
    place('tokens.json', true),
    place('samples.json'),
    place(FENCE_FILE),
    place('serf', true),
    { name: 'etcd', path: config.state.path ?? join(root, 'etcd'), isSecret: true },
  ];
}

async function slurmPlaces({ slurm }: Deps): Promise<Place[]> {
  const text = await readFile(join(slurm.slurm, 'slurm.conf'), 'utf8').catch(() => OURS);
  return [
    { name: 'munge.key', path: join(slurm.munge, 'munge.key'), isSecret: true },
    // one that the agent did not write is of no cluster that it knows
    ...(text.startsWith(OURS)
      ? SLURM_FILES.map((name) => ({ name, path: join(slurm.slurm, name), isSecret: false }))
      : []),
  ];
}

function kubePlaces({ root, kube }: Deps): Place[] {
  const { config, givenToken }: KubePlaces = kubePlacesOf(kube.data, join(root, 'k3s'));
  return [
    { name: 'k3s-config.yaml', path: config, isSecret: false },
    { name: 'k3s-token', path: givenToken, isSecret: true },
    { name: 'k3s-node', path: kube.node, isSecret: true },
    {
      name: 'k3s-agent',
      path: join(kube.data, 'agent'),
      isSecret: true,
      takes: (name) => !STAYS_OF_K3S.has(name),
    },
  ];
}

/** Which of the two sides of a crossing something belongs to. */
export type Side = 'losing' | 'gaining';

export const sideOf = (direction: CrossingRecord['direction'], end: 'from' | 'to'): Side =>
  (direction === 'over') === (end === 'from') ? 'losing' : 'gaining';

export interface Move {
  place: string;
  kept: string;
}

/** SLURM's jobs stay on their own disk, below the folder itself, which may be where it is mounted. */
export const keptJobs = (jobs: string, side: Side, operation: string): string =>
  join(jobs, `.clusterdeck-${side}-${operation}`);

/**
 * Where everything of one side is kept, and where it belongs.
 * @param folder of what is kept for this operation
 * @param names what a folder holds
 */
export async function movesOf(
  places: readonly Place[],
  { operation, jobs }: Pick<CrossingRecord, 'operation' | 'jobs'>,
  side: Side,
  folder: string,
  names: (folder: string) => Promise<string[]>,
): Promise<Move[]> {
  const moves: Move[] = [];
  const some = async (path: string, kept: string, takes: (name: string) => boolean) => {
    const all = new Set([...(await names(path)).filter(takes), ...(await names(kept))]);
    for (const name of all) moves.push({ place: join(path, name), kept: join(kept, name) });
  };
  for (const { name, path, takes } of places) {
    const kept = join(folder, side, name);
    if (takes === undefined) moves.push({ place: path, kept });
    else await some(path, kept, takes);
  }
  if (jobs !== null) {
    await some(jobs, keptJobs(jobs, side, operation), (name) => !isAside(name));
  }
  return moves;
}

/** What is there for moves and mounts; the mark itself goes with the jobs that it names. */
const isAside = (name: string) => isOurs(name) && name !== MARK;
