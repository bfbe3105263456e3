import type { OperationAnswer } from '#shared/contract/agent/operations';
import { type ErrorCode, Failure } from '#shared/contract/errors';
import { systemClock } from '../../host/clock';
import type { CommandContext } from '../context';
import type { Output } from '../io';
import { changeLines, isAtRest } from './change-lines';
import type { OperationsClient } from './client';
import { endText } from './end-text';

const AGAIN_MS = 500;
/** The agent may restart, and the shared state find its quorum again; all others stay as they are. */
const PASSES: ReadonlySet<ErrorCode> = new Set([
  'CONNECTION_REFUSED',
  'TIMEOUT',
  'UNREACHABLE',
  'NO_QUORUM',
  'SERVER_ERROR',
]);

export interface FollowOptions {
  /** also what the nodes run and answer */
  log?: boolean;
  /** asked while the agent of this machine does not answer: whether that is how it should be */
  mayBeGone?(seen: OperationAnswer): Promise<boolean>;
}

/**
 * Follows an operation until it rests, and prints what changes. The agents carry it out by
 * themselves, so whatever happens here changes nothing.
 * @returns how it stands; null where it is not followed any longer
 */
export async function follow(
  client: Pick<OperationsClient, 'events'>,
  id: string,
  { out, io }: CommandContext,
  { log = false, mayBeGone }: FollowOptions = {},
): Promise<OperationAnswer | null> {
  let seen: OperationAnswer | null = null;
  let isHeard = true;
  for (;;) {
    try {
      for await (const answer of client.events(id, io.signal)) {
        if (!isHeard) out.note('The node agent answers again.');
        isHeard = true;
        for (const line of changeLines(seen, answer, log)) out.line(line);
        seen = answer;
        if (isAtRest(answer)) return answer;
      }
      await systemClock.sleep(AGAIN_MS, io.signal);
    } catch (error) {
      if (io.signal.aborted) {
        out.note(`The operation goes on. To see it again: node-agent operation follow ${id}`);
        return null;
      }
      if (!(error instanceof Failure) || !PASSES.has(error.code)) throw error;
      const isRefused = error.code === 'CONNECTION_REFUSED';
      if (seen !== null && isRefused && (await mayBeGone?.(seen)) === true) return seen;
      if (isHeard) out.note(`${error.message} The operation goes on without it; waiting for it.`);
      isHeard = false;
      await systemClock.sleep(AGAIN_MS, io.signal).catch(() => undefined);
    }
  }
}

/** Prints how it stands now. @returns exit code: 0 where it is done, else 1 */
export function tellEnd(answer: OperationAnswer | null, out: Output): 0 | 1 {
  if (answer === null) return 1;
  out.result(answer, () => endText(answer));
  return answer.operation.state === 'done' ? 0 : 1;
}
