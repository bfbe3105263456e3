import { createHash } from 'node:crypto';
import type { z } from 'zod';
import { Failure } from '#shared/contract/errors';
import type { Member } from '../../../membership/types';
import type { Clock } from '../../../ports';
import type { SlurmConfig } from '../../../roles/slurm/config';
import type { State } from '../../../state/types';
import type { StepContext } from '../../engine/types';
import type { Hand, HandContext, Hands } from '../../hands/types';
import { slurmAsk, slurmFiles } from './hands';
import type { SlurmMove } from './move';

/** A controller with many jobs takes its time to read them. */
export const START_MS = 30_000;

/** What the steps of a move need of the cluster. */
export interface SlurmStepDeps {
  hands: Hands;
  state: Pick<State, 'get' | 'commit'>;
  membership: { readonly self: Member; members(): Member[] };
  clock: Pick<Clock, 'now' | 'monotonic' | 'sleep'>;
}

/** Calls one node's hand under the step's epoch. */
export function call<In extends z.ZodType, Out extends z.ZodType>(
  { hands }: Pick<SlurmStepDeps, 'hands'>,
  context: StepContext | HandContext,
  node: string,
  hand: Hand<In, Out>,
  input: z.input<In>,
  deadlineMs?: number,
): Promise<z.output<Out>> {
  const { operation, epoch, signal } = context;
  const log = (line: string, from?: string) => context.log(line, from);
  const options = deadlineMs === undefined ? {} : { deadlineMs };
  return hands.call(node, hand, input, { operation, epoch, signal, log }, options);
}

/** A node's agent does not answer, and nothing reached it. */
export const isUnreached = (error: unknown): boolean =>
  error instanceof Failure && error.code === 'NODE_UNREACHABLE' && error.data.outcome === undefined;

export const isGone = (error: unknown): boolean =>
  error instanceof Failure && (error.code === 'NODE_UNREACHABLE' || error.code === 'TIMEOUT');

/** The same for each try of an operation, so that a copy is begun once. */
export function copyId(operation: string, way: 'there' | 'back'): string {
  const hex = createHash('sha256').update(`${operation} ${way}`).digest('hex');
  const variant = ((Number.parseInt(hex.slice(16, 17), 16) & 3) | 8).toString(16);
  return [
    hex.slice(0, 8),
    hex.slice(8, 12),
    `5${hex.slice(13, 16)}`,
    `${variant}${hex.slice(17, 20)}`,
    hex.slice(20, 32),
  ].join('-');
}

/** Members that have SLURM's files and can be asked now. */
export const slurmNodes = ({ membership }: Pick<SlurmStepDeps, 'membership'>): Member[] => {
  const all = new Map([membership.self, ...membership.members()].map((one) => [one.id, one]));
  return [...all.values()].filter(
    ({ id, status, authenticated, roles }) =>
      (id === membership.self.id || (status === 'alive' && authenticated)) &&
      roles.some((role) => role.startsWith('slurm-')),
  );
};

/**
 * Has all nodes take the files over. A node that does not answer does so by itself later. The controller
 * was started by these files and need not read them anew.
 * @param first node id of the one in control, which must answer
 */
export async function spreadFiles(
  deps: SlurmStepDeps,
  context: StepContext,
  config: SlurmConfig,
  first: string,
): Promise<void> {
  const rest = slurmNodes(deps).filter(({ id }) => id !== first);
  await Promise.all(
    rest.map(async ({ id, name }) => {
      try {
        await call(deps, context, id, slurmFiles, { config });
      } catch (error) {
        context.signal.throwIfAborted();
        const why = error instanceof Error ? error.message : 'It failed.';
        context.log(`slurm.conf was not taken over: ${why}`, name);
      }
    }),
  );
  await call(deps, context, first, slurmFiles, { config });
}

/** As its users would see it: it answers as the controller, and lists its jobs. */
export async function isInControl(
  deps: SlurmStepDeps,
  context: StepContext,
  { to, toName }: Pick<SlurmMove, 'to' | 'toName'>,
): Promise<boolean> {
  const { controllers, jobs } = await call(deps, context, to, slurmAsk, {});
  const first = controllers.find(({ up }) => up);
  return first?.name === toName && jobs !== null;
}

/** What each step is made of. */
export interface StepParts {
  move: SlurmMove;
  deps: SlurmStepDeps;
}
