import type { z } from 'zod';
import { Failure, fail } from '#shared/contract/errors';
import type { Member } from '../../../membership/types';
import type { Clock } from '../../../ports';
import { CONFIG_KEY, type SlurmConfig, slurmConfig } from '../../../roles/slurm/config';
import type { Condition, State, Write } from '../../../state/types';
import type { StepContext, TidyContext } from '../../engine/types';
import type { Hand, HandContext, Hands } from '../../hands/types';
import { drainCluster, lookAtCrosser, lookAtDrain } from '../hands';
import type { CrossingNode, ForeignHands, MergeParams } from '../types';

export interface MergeStepDeps {
  hands: Hands;
  foreign: ForeignHands;
  membership: {
    readonly self: Pick<Member, 'id' | 'name'>;
    members(): Member[];
  };
  state: Pick<State, 'get' | 'list' | 'commit'>;
  clock: Pick<Clock, 'now' | 'monotonic' | 'sleep'>;
  /** text of this cluster's enrolment file; it holds the cluster key and is never logged */
  enrolment(): Promise<string>;
}

export const SECOND = 1_000;
export const MINUTE = 60 * SECOND;
/** more names would not be read */
const NAMED = 3;

/** In which cluster a node is; `between`: on its way, or it cannot be reached. */
export type Place = 'gaining' | 'losing' | 'between';

type Context = StepContext | TidyContext;

/** Both clusters as the steps of one merge reach them. */
export class MergeGround {
  readonly deps: MergeStepDeps;
  readonly params: MergeParams;

  constructor(deps: MergeStepDeps, params: MergeParams) {
    this.deps = deps;
    this.params = params;
  }

  get anchor(): CrossingNode {
    const { nodes, anchor } = this.params;
    const found = nodes.find(({ id }) => id === anchor);
    if (found === undefined) throw new Error('The plan has no anchor');
    return found;
  }

  /** A hand of a node of the gaining cluster, also one that has crossed over. */
  here<In extends z.ZodType, Out extends z.ZodType>(
    context: Context,
    node: string,
    hand: Hand<In, Out>,
    input: z.input<In>,
    deadlineMs?: number,
  ): Promise<z.output<Out>> {
    const options = deadlineMs === undefined ? {} : { deadlineMs };
    return this.deps.hands.call(node, hand, input, handContext(context), options);
  }

  /** A hand of a node of the losing cluster; of its anchor where no node is named. */
  there<In extends z.ZodType, Out extends z.ZodType>(
    context: Context,
    hand: Hand<In, Out>,
    input: z.input<In>,
    node: CrossingNode = this.anchor,
    deadlineMs?: number,
  ): Promise<z.output<Out>> {
    const options = deadlineMs === undefined ? {} : { deadlineMs };
    return this.deps.foreign.call(node, hand, input, handContext(context), options);
  }

  /** Where a node is by its own word. */
  async placeOf(context: Context, node: CrossingNode): Promise<Place> {
    const { gaining, losing } = this.params;
    const isMember = this.deps.membership
      .members()
      .some(
        ({ id, status, authenticated }) => id === node.id && status === 'alive' && authenticated,
      );
    const look = { users: [] };
    if (isMember) {
      const seen = await unreachedAsNull(this.here(context, node.id, lookAtCrosser, look));
      if (seen?.cluster.uuid === gaining.uuid) return 'gaining';
    }
    const seen = await unreachedAsNull(this.there(context, lookAtCrosser, look, node));
    context.signal.throwIfAborted();
    if (seen?.cluster.uuid === losing.uuid) return 'losing';
    return 'between';
  }

  /** What the gaining cluster agrees on about SLURM; null where it has none. */
  async slurm(): Promise<SlurmConfig | null> {
    const entry = await this.deps.state.get(CONFIG_KEY);
    return entry === null ? null : slurmConfig.parse(entry.value);
  }

  /** Id of the node of the gaining cluster that is asked for all of it: its controller, else this one. */
  async gainingNode(): Promise<string> {
    const { self } = this.deps.membership;
    const config = await this.slurm();
    return config?.controllers[0] ?? self.id;
  }

  /** A restart of the losing cluster's controller forgets that it was drained: it is drained again. */
  async redrain(context: StepContext): Promise<z.output<typeof lookAtDrain.output>> {
    const seen = await this.there(context, lookAtDrain, {});
    if (seen.drained) return seen;
    context.log(`${this.params.losing.name} took jobs again, and is drained again`);
    await this.there(context, drainCluster, { operation: context.operation });
    return this.there(context, lookAtDrain, {});
  }

  /** Whether a node belongs to the gaining cluster now, as this node knows it. */
  isMember(id: string): boolean {
    return this.deps.membership.members().some((one) => one.id === id);
  }

  canAsk(id: string): boolean {
    return id === this.deps.membership.self.id || this.isMember(id);
  }
}

/** The part of a step's context that goes with a call. */
export const handContext = ({ operation, epoch, signal, log }: Context): HandContext => ({
  operation,
  epoch,
  signal,
  log: (line, node) => log(line, node),
});

/** The losing cluster's nodes as a cluster of its own, for steps that were made for one cluster. */
export function losingSide(ground: MergeGround): {
  hands: Hands;
  membership: { readonly self: Member; members(): Member[] };
} {
  const { params, deps } = ground;
  const members = params.nodes.map(memberOf);
  const self = members.find(({ id }) => id === params.anchor) ?? members[0];
  if (self === undefined) throw new Error('The plan has no nodes');
  return {
    membership: { self, members: () => members },
    hands: {
      call: (id, hand, input, context, options) => {
        const node = params.nodes.find((one) => one.id === id);
        if (node !== undefined) return deps.foreign.call(node, hand, input, context, options);
        const remedy = 'Plan again: the losing cluster has changed.';
        return Promise.reject(fail('NOT_FOUND', { remedy }, 'The node is not part of the plan.'));
      },
    },
  };
}

const memberOf = ({ id, name, address, api_port, fingerprint, roles }: CrossingNode): Member => ({
  id,
  name,
  status: 'alive',
  address,
  tailscaleIp: '',
  apiPort: api_port,
  roles,
  tags: {},
  fingerprint,
  authenticated: true,
  voter: false,
  lastSeen: 0,
  joinedAt: 0,
});

/** Writes while this coordinator leads. @throws Failure REVISION_CHANGED where it does not any more */
export async function written(
  state: Pick<State, 'commit'>,
  leads: Condition,
  writes: readonly Write[],
): Promise<void> {
  if ((await state.commit([leads], writes)) !== null) return;
  const remedy = 'Nothing to do: the node that took over goes on.';
  throw fail('REVISION_CHANGED', { remedy }, 'Another node coordinates by now.');
}

/** Null where nobody answers, or the pact does not hold there. @throws whatever else goes wrong */
export async function unreachedAsNull<T>(answer: Promise<T>): Promise<T | null> {
  try {
    return await answer;
  } catch (error) {
    if (error instanceof Failure && SILENT.includes(error.code)) return null;
    throw error;
  }
}

const SILENT: readonly string[] = [
  'NODE_UNREACHABLE',
  'TIMEOUT',
  'NOT_FOUND',
  'AUTH_FAILED',
  'UNREACHABLE',
  'CONNECTION_REFUSED',
  // its agent ends just now
  'ABORTED',
];

/** Runs it for all of them, a few at a time, in their order. @throws what the first that fails throws */
export async function forEach<T>(
  items: readonly T[],
  atOnce: number,
  run: (item: T) => Promise<void>,
): Promise<void> {
  const left = [...items];
  const work = async () => {
    for (let item = left.shift(); item !== undefined; item = left.shift()) await run(item);
  };
  const done = await Promise.allSettled(Array.from({ length: atOnce }, work));
  for (const end of done) if (end.status === 'rejected') throw end.reason;
}

/** As `3 jobs: 12, 13, 14`. */
export function named(word: string, ids: readonly string[]): string {
  const shown = ids.slice(0, NAMED).join(', ');
  const rest = ids.length > NAMED ? ', …' : '';
  return `${ids.length} ${ids.length === 1 ? word : `${word}s`}: ${shown}${rest}`;
}
