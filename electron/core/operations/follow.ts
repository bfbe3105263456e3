import { Failure } from '#shared/contract/errors';
import type { Clock } from '../ports';
import { readTaskStatus } from '../pve/schemas/cluster';
import type { PveClient } from '../pve/types';
import { taskPath } from './upid';

export interface FollowDeps {
  clock: Clock;
  /** the cluster's present client, which may change while a task runs */
  client: () => Pick<PveClient, 'call'>;
}

/** Told while the cluster cannot be asked, and with null when it answers again. */
type OnSilence = (failure: Failure | null) => void;

const FIRST_MS = 700;
const LONGEST_MS = 5000;
const SILENT_LONGEST_MS = 30_000;
const GIVE_UP_MS = 24 * 3_600_000;
const DEADLINE_MS = 15_000;

/**
 * Follows a task to its end by asking for its status, often at first and then gently. A cluster
 * that does not answer is waited for: the task goes on without us.
 * @returns the exit status, or null when the cluster does not know the task (any more)
 * @throws the signal's reason when it is aborted
 */
export async function followTask(
  upid: string,
  { clock, client }: FollowDeps,
  signal: AbortSignal,
  onSilence: OnSilence = () => undefined,
): Promise<string | null> {
  const until = clock.now() + GIVE_UP_MS;
  let pauseMs = FIRST_MS;
  let silent = false;
  while (clock.now() < until) {
    await clock.sleep(pauseMs, signal);
    try {
      const options = { signal, deadlineMs: DEADLINE_MS };
      const answer = await client().call('GET', `${taskPath(upid)}/status`, undefined, options);
      const { running, exitStatus } = readTaskStatus(answer.data);
      if (silent) onSilence(null);
      silent = false;
      if (!running) return exitStatus;
      pauseMs = Math.min(LONGEST_MS, pauseMs * 1.3);
    } catch (error) {
      signal.throwIfAborted();
      if (!(error instanceof Failure)) throw error;
      // "no such task": logs of tasks are cut after a while
      if (error.code === 'PARAMETER_REFUSED' || error.code === 'NOT_FOUND') return null;
      onSilence(error);
      silent = true;
      pauseMs = Math.min(SILENT_LONGEST_MS, pauseMs * 2);
    }
  }
  return null;
}
