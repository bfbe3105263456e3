import { statfs } from 'node:fs/promises';
import type { z } from 'zod';
import { Failure } from '#shared/contract/errors';
import { splitHostPort } from '../../../membership/addresses';
import type { Membership } from '../../../membership/types';
import type { Clock, Commands } from '../../../ports';
import type { Listens } from '../../../roles/slurm/port';
import type { lookAtCrosser } from '../hands';

const ASK_MS = 5_000;

type NodeLook = z.input<typeof lookAtCrosser.output>;

/** What lies put aside on this node for a return. */
export interface KeptFolders {
  /** of what would be kept if it crossed now */
  bytes(): Promise<number>;
  list(): Promise<NodeLook['kept']>;
}

export interface NodeLookDeps {
  membership: Pick<Membership, 'cluster'>;
  commands: Pick<Commands, 'run'>;
  clock: Pick<Clock, 'now'>;
  hostName(): string;
  /** of the agent */
  version: string;
  mergingEnabled: boolean;
  /** as its configuration says */
  stateKind: 'etcd' | 'sqlite';
  /** the agent's own */
  stateFolder: string;
  kept: KeptFolders;
  listens: Listens;
}

/** This node as far as it matters for whether it may cross, or be crossed to. */
export async function nodeHere(
  deps: NodeLookDeps,
  { users, reach = [] }: { users: readonly string[]; reach?: readonly string[] | undefined },
  signal: AbortSignal,
): Promise<NodeLook> {
  const { membership, clock, kept } = deps;
  const { uuid, name } = membership.cluster;
  const printed = (argv: readonly [string, ...string[]]) => whatPrints(deps, argv, signal);
  const disk = await statfs(deps.stateFolder);
  const [slurm, k3s, numbers, keepBytes, folders, unreached] = await Promise.all([
    printed(['slurmd', '-V']),
    printed(['k3s', '--version']),
    numbersOf(printed, users),
    kept.bytes(),
    kept.list(),
    notReached(deps.listens, reach),
  ]);
  return {
    cluster: { uuid, name },
    hostName: deps.hostName(),
    now: clock.now(),
    agentVersion: deps.version,
    slurmVersion: /(\d+\.\d+(\.\d+)*)/.exec(slurm)?.[1] ?? '',
    k3sVersion: /(v\d+\.\d+\.\d+\S*)/.exec(k3s)?.[1] ?? '',
    mergingEnabled: deps.mergingEnabled,
    stateKind: deps.stateKind,
    freeBytes: disk.bavail * disk.bsize,
    users: numbers,
    keepBytes,
    kept: folders,
    unreached,
  };
}

/** '' where it is not installed, or does not say. */
async function whatPrints(
  { commands }: NodeLookDeps,
  argv: readonly [string, ...string[]],
  signal: AbortSignal,
): Promise<string> {
  try {
    return (await commands.run(argv, { deadlineMs: ASK_MS, signal })).stdout;
  } catch (error) {
    if (error instanceof Failure && error.code !== 'ABORTED') return '';
    throw error;
  }
}

/** As every program of this machine sees them, also those of a directory service. */
async function numbersOf(
  printed: (argv: readonly [string, ...string[]]) => Promise<string>,
  users: readonly string[],
): Promise<NodeLook['users']> {
  if (users.length === 0) return {};
  // with `--` no name is taken for an option
  const lines = (await printed(['getent', 'passwd', '--', ...users])).split('\n');
  const found = new Map(
    lines.map((line) => {
      const [name = '', , uid = '', gid = ''] = line.split(':');
      return [name, { uid: Number(uid), gid: Number(gid) }];
    }),
  );
  return Object.fromEntries(users.map((user) => [user, found.get(user) ?? null]));
}

/** Which of these nobody answers at. @param places as `10.77.1.1:9090` */
async function notReached(listens: Listens, places: readonly string[]): Promise<string[]> {
  const reached = await Promise.all(
    places.map((place) => {
      const { host, port } = splitHostPort(place);
      return listens(host, port);
    }),
  );
  return places.filter((_, index) => reached[index] !== true);
}
