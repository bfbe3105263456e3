import type { z } from 'zod';
import type { MergeCard } from '#shared/contract/agent/merge';
import { type ErrorCode, Failure, fail } from '#shared/contract/errors';
import { hostPort } from '#shared/domain/host';
import type { Membership } from '../../../membership/types';
import type { Clock } from '../../../ports';
import { inParallel } from '../../../roles/slurm/state-facts';
import type { HandContext, Hands } from '../../hands/types';
import { lookAtCluster, lookAtCrosser } from '../hands';
import type { ForeignHands } from '../types';
import { anchorOf, type ClusterLook, type Seen } from './order';

export type NodeLook = z.output<typeof lookAtCrosser.output>;

export interface MergePlanDeps {
  hands: Hands;
  foreign: ForeignHands;
  membership: Pick<Membership, 'self' | 'cluster'>;
  pacts: { get(uuid: string): Promise<{ card: MergeCard } | null> };
  clock: Pick<Clock, 'now'>;
}

/** One node as it answered, and how far its clock is off. */
export interface Asked {
  node: Seen;
  /** null: it did not answer */
  look: NodeLook | null;
  /** why not; '' where it did */
  why: string;
  /** how far its clock is ahead of this node's, at least; 0 where that cannot be told */
  skewMs: number;
}

/** Both clusters as they are now. */
export interface Survey {
  gaining: ClusterLook;
  losing: ClusterLook;
  /** of the losing cluster */
  anchor: Seen;
  /** the losing cluster's card, as it lies in the pact */
  card: MergeCard;
  /** the losing cluster's nodes */
  crossers: Asked[];
  /** the gaining cluster's nodes that answer */
  stayers: Asked[];
}

const CLUSTER_MS = 30_000;
const NODE_MS = 8_000;
/** More users would not fit into one question. */
const MAX_USERS = 2_000;
/** A node that reaches these reaches the cluster: it joins by any of them. */
const REACHED = 5;

/** Nobody can be asked there now; another node may answer. */
const SILENT: readonly ErrorCode[] = ['NODE_UNREACHABLE', 'TIMEOUT', 'AUTH_FAILED', 'TLS_CHANGED'];
const isSilent = (error: unknown): error is Failure =>
  error instanceof Failure && SILENT.includes(error.code);

/**
 * Looks at all that a plan rests on, at once.
 * @param losing uuid
 * @throws Failure INVALID_INPUT where this is the losing cluster, NOT_FOUND without a pact, NODE_UNREACHABLE where nobody of the other cluster answers,
 * and what a look at a whole cluster throws
 */
export async function survey(
  deps: MergePlanDeps,
  losing: string,
  context: HandContext,
): Promise<Survey> {
  if (losing === deps.membership.cluster.uuid) throw wrongSide(deps.membership.cluster.name);
  const pact = await deps.pacts.get(losing);
  if (pact === null) throw noPact();
  const [own, other] = await Promise.all([
    deps.hands.call(deps.membership.self.id, lookAtCluster, {}, context, {
      deadlineMs: CLUSTER_MS,
    }),
    lookAtOther(deps, pact.card, context),
  ]);
  const anchor = anchorOf(other);
  const users = usersOf(own, other);
  const reach = own.members
    .filter(({ alive }) => alive)
    .slice(0, REACHED)
    .map(({ address, apiPort }) => hostPort(address, apiPort));
  const alive = own.members.filter((one) => one.alive);
  const [crossers, stayers] = await Promise.all([
    inParallel(other.members, (node) =>
      asked(deps, node, () =>
        deps.foreign.call(wired(node), lookAtCrosser, { users, reach }, context, {
          deadlineMs: NODE_MS,
        }),
      ),
    ),
    inParallel(alive, (node) =>
      asked(deps, node, () =>
        deps.hands.call(node.id, lookAtCrosser, { users }, context, { deadlineMs: NODE_MS }),
      ),
    ),
  ]);
  return { gaining: own, losing: other, anchor, card: pact.card, crossers, stayers };
}

/** Any node knows the whole of its cluster: the first that answers is enough. */
async function lookAtOther(
  { foreign }: MergePlanDeps,
  { nodes, cluster }: MergeCard,
  context: HandContext,
): Promise<ClusterLook> {
  let last: Failure = nobody(cluster.name);
  for (const node of nodes.toSorted((a, b) => Number(b.alive) - Number(a.alive))) {
    try {
      return await foreign.call(node, lookAtCluster, {}, context, { deadlineMs: CLUSTER_MS });
    } catch (error) {
      if (!isSilent(error)) throw inCluster(cluster.name, error);
      context.signal.throwIfAborted();
      last = error;
    }
  }
  throw last;
}

async function asked(
  { clock }: MergePlanDeps,
  node: Seen,
  look: () => Promise<NodeLook>,
): Promise<Asked> {
  if (!node.alive) return { node, look: null, why: 'Its cluster does not hear it.', skewMs: 0 };
  const begun = clock.now();
  try {
    const seen = await look();
    const ended = clock.now();
    // it was asked at some moment between the two: outside of that its clock is off
    const skewMs = seen.now < begun ? seen.now - begun : seen.now > ended ? seen.now - ended : 0;
    return { node, look: seen, why: '', skewMs };
  } catch (error) {
    if (!isSilent(error)) throw error;
    return { node, look: null, why: error.message, skewMs: 0 };
  }
}

const wired = ({ id, name, address, apiPort, fingerprint }: Seen) => ({
  id,
  name,
  address,
  api_port: apiPort,
  fingerprint,
});

/** Whose numbers must be the same everywhere: those with jobs, and who runs SLURM. */
function usersOf(gaining: ClusterLook, losing: ClusterLook): string[] {
  const daemon = gaining.slurm?.user ?? '';
  // those of the losing cluster first: theirs are the jobs that move
  const owners = [losing, gaining]
    .flatMap(({ slurm }) => slurm?.jobs ?? [])
    .map(({ user }) => user);
  return [...new Set([daemon, ...owners])].filter((user) => user !== '').slice(0, MAX_USERS);
}

/** Of two clusters it must be said which one is meant. */
const inCluster = (name: string, error: unknown): unknown =>
  error instanceof Failure ? fail(error.code, error.data, `${name}: ${error.message}`) : error;

const wrongSide = (name: string) =>
  fail(
    'INVALID_INPUT',
    { remedy: `Plan it at a node of the cluster that stays.`, field: 'losing' },
    `${name} is the one that would be taken up: it cannot plan that itself.`,
  );

const noPact = () =>
  fail(
    'NOT_FOUND',
    { remedy: 'Let the two clusters see each other first: node-agent merge --with ADDRESS' },
    'No admin has let these two clusters take part in a merge.',
  );

const nobody = (name: string) =>
  fail(
    'NODE_UNREACHABLE',
    { remedy: `Look whether the nodes of ${name} run, and whether this network reaches them.` },
    `No node of ${name} answers.`,
  );
