import { Failure } from '#shared/contract/errors';
import { awaited, isOfTheLine, isSilent } from '../../engine/line';
import type { StepContext } from '../../engine/types';
import type { MergeGround } from './ground';

const LOOK_MS = 250;

/**
 * Begins anew for as long as somebody it needs does not answer, as an agent that restarts: until the
 * step's deadline, or for less.
 * @param run looks before it changes anything, for its last round may have had its effect
 * @param withinMs how long that may last
 * @throws whatever else goes wrong in it; at the deadline what nobody answered
 */
export async function patiently<T>(
  { deps: { clock } }: MergeGround,
  { signal, waiting }: StepContext,
  run: () => Promise<T>,
  withinMs = Number.POSITIVE_INFINITY,
): Promise<T> {
  const until = clock.monotonic() + withinMs;
  for (let silent: unknown; ; ) {
    try {
      return await run();
    } catch (error) {
      // cut short by the end of its time, a round says less than the one before it
      if (signal.aborted) throw silent ?? error;
      if (!isPassing(error) || clock.monotonic() > until) throw error;
      silent = error;
      waiting(awaited(error));
    }
    await clock.sleep(LOOK_MS, signal).catch(() => undefined);
    if (signal.aborted) throw silent;
  }
}

/** An agent that restarts has its shared state without a quorum for a moment. */
const isPassing = (error: unknown): boolean =>
  isOfTheLine(error) || isSilent(error) || (error instanceof Failure && error.code === 'NO_QUORUM');
