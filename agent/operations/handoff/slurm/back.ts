import { z } from 'zod';
import { fail } from '#shared/contract/errors';
import type { StepContext } from '../../engine/types';
import { slurmCopy, slurmLook, slurmNotice, slurmReach, slurmStop } from './hands';
import { type Before, before, hasTurned, isHeldBy, type SlurmMove, turnedBack } from './move';
import { changeRecord, readRecord } from './record';
import { call, copyId, isGone, type SlurmStepDeps } from './tools';

const NOTICE_MS = 20_000;
export const STOP_MS = 80_000;
const COPY_MS = 40_000;

/** How it was before this operation, also long after its end. */
export async function knownBefore(deps: SlurmStepDeps, context: StepContext): Promise<Before> {
  const noted = z.json().optional().parse(context.notes['before']);
  const parsed = before.safeParse(noted);
  if (parsed.success) return parsed.data;
  const config = await readRecord(deps.state);
  if (config.moving !== null && isHeldBy(config, context.operation)) return config.moving.before;
  throw fail(
    'NOT_FOUND',
    { remedy: 'Move the controller back by a new operation.' },
    'It is not written how the controllers were before.',
  );
}

/** Fetches the folder as far as it is there. @param last its controller is stopped */
export async function fetchState(
  deps: SlurmStepDeps,
  context: StepContext,
  ends: { from: string; to: string },
  wish: { stateId: string; last: boolean },
): Promise<void> {
  for (;;) {
    context.signal.throwIfAborted();
    const input = { from: ends.from, ...wish };
    const { isDone, bytes, ofBytes } = await call(
      deps,
      context,
      ends.to,
      slurmCopy,
      input,
      COPY_MS,
    );
    const progress = ofBytes === 0 ? 1 : bytes / ofBytes;
    context.waiting(`${mib(bytes)} of ${mib(ofBytes)} MiB`, Math.min(1, progress));
    if (isDone) return;
  }
}

const mib = (bytes: number) => (bytes / 1024 / 1024).toFixed(1);

/**
 * Stops the new controller and leads to the old one's place whatever comes for it. All that may fail
 * is done before anything is stopped.
 */
export async function turnBack(
  deps: SlurmStepDeps,
  context: StepContext,
  move: SlurmMove,
): Promise<void> {
  const { state, clock } = deps;
  const { operation, epoch } = context;
  const known = await knownBefore(deps, context);
  const isLost = await isProvedLost(deps, context, move);
  const now = clock.now();
  const config = await changeRecord(state, epoch, (one) =>
    turnedBack(one, move, operation, known, now),
  );
  const { revision } = config;
  await call(deps, context, move.from, slurmNotice, { revision }, NOTICE_MS);
  // a standby that joined again, or the relay of the way there
  await call(deps, context, move.from, slurmStop, { relayTo: null }, STOP_MS);
  if (isLost) {
    context.log(`${move.toName} is gone, so that nothing can be stopped there`);
    return;
  }
  await call(deps, context, move.to, slurmNotice, { revision }, NOTICE_MS);
  if (move.procedure === 'B') {
    const stateId = copyId(operation, 'back');
    await fetchState(deps, context, { from: move.to, to: move.from }, { stateId, last: false });
  }
  await call(deps, context, move.to, slurmStop, { relayTo: move.from }, STOP_MS);
}

/**
 * Whether the new controller's node is surely without power: nobody reaches it, and in the folder
 * that both see nothing moves. False where it answers.
 * @throws Failure NODE_UNREACHABLE where it does not answer and may work all the same
 */
export async function isProvedLost(
  deps: SlurmStepDeps,
  context: StepContext,
  move: SlurmMove,
): Promise<boolean> {
  try {
    await call(deps, context, move.to, slurmLook, {});
    return false;
  } catch (error) {
    if (!isGone(error)) throw error;
  }
  const { membership, clock, state } = deps;
  const member = membership.members().find(({ id }) => id === move.to);
  const isSeen = member?.status === 'alive';
  const reached = await call(deps, context, move.from, slurmReach, { node: move.to });
  if (move.procedure !== 'B' && !isSeen && !reached.agent && !reached.controller) {
    const { slurmctldTimeoutMs } = await readRecord(state);
    const first = await heartbeat(deps, context, move.from);
    context.waiting(`the folder to show whether ${move.toName} works`);
    await clock.sleep(slurmctldTimeoutMs / 2 + 2_000, context.signal);
    if (first === (await heartbeat(deps, context, move.from))) return true;
  }
  throw fail(
    'NODE_UNREACHABLE',
    {
      remedy: `Bring ${move.toName} back. Without it nobody can say whether its controller works, and two at once would run jobs twice.`,
      node: move.toName,
    },
    `${move.toName} does not answer.`,
  );
}

async function heartbeat(deps: SlurmStepDeps, context: StepContext, node: string): Promise<string> {
  return (await call(deps, context, node, slurmLook, {})).folder.heartbeat;
}

/** After {@link turnBack}: the folder that has all that happened, for the old controller. */
export async function bringStateBack(
  deps: SlurmStepDeps,
  context: StepContext,
  move: SlurmMove,
): Promise<void> {
  const stateId = copyId(context.operation, 'back');
  const { folder } = await call(deps, context, move.from, slurmLook, {});
  if (folder.stateId === stateId) return;
  await fetchState(deps, context, { from: move.to, to: move.from }, { stateId, last: true });
}

/** Whether the new controller may have worked since the move. */
export async function hasWorked(deps: SlurmStepDeps, move: SlurmMove): Promise<boolean> {
  return hasTurned(await readRecord(deps.state), move);
}
