import { isOver, type OperationAnswer } from '#shared/contract/agent/operations';
import type { ClusterOperationView, OperationPlace } from '#shared/contract/cluster-operations';
import { fail } from '#shared/contract/errors';
import type { Client } from '#shared/contract/index';
import { newsOf, viewText } from '../operation-text';
import type { CommandContext, ExitCode } from './context';

/**
 * Follows one to its end, or to where a person has to decide, and notes what happens meanwhile. The
 * agents carry it out whether somebody follows or not.
 * @throws Failure ABORTED when the command is ended before
 */
export async function followClusterOperation(
  client: Client,
  place: OperationPlace,
  { io, out }: Pick<CommandContext, 'io' | 'out'>,
): Promise<ClusterOperationView> {
  const ended = new AbortController();
  const signal = AbortSignal.any([io.signal, ended.signal]);
  let before: OperationAnswer | null = null;
  let isLost = false;
  try {
    for await (const view of await client.clusterOperations.watch(place, { signal })) {
      const { answer, hearing } = view;
      if (hearing.state === 'lost' && !isLost) {
        out.note(`Not heard: ${hearing.failure?.message} It goes on; trying again.`);
      }
      isLost = hearing.state === 'lost';
      if (hearing.state !== 'live' || answer === null) continue;
      for (const line of newsOf(before, answer)) out.note(line);
      before = answer;
      if (isAtRest(answer)) return view;
    }
  } catch (error) {
    if (!io.signal.aborted) throw error;
  } finally {
    ended.abort();
  }
  const remedy = `The agents go on with it. Follow it with “clusterdeck operations follow”.`;
  throw fail('ABORTED', { remedy });
}

/** It has ended, or goes on only when somebody says so. */
const isAtRest = ({ operation, wish }: OperationAnswer): boolean =>
  isOver(operation) || (wish === null && ['stuck', 'paused'].includes(operation.state));

/** Its end as the command's result: 0 only where it is done. */
export function tellEnd(view: ClusterOperationView, { out }: CommandContext): ExitCode {
  const isDone = view.answer?.operation.state === 'done';
  out.result({ ok: isDone, ...viewJson(view) }, () => viewText(view));
  return isDone ? 0 : 1;
}

/** The agents' own words; what is told here is how fresh it is. */
export function viewJson({ answer, hearing }: ClusterOperationView) {
  const { state, heardAt, endpoint } = hearing;
  const heard = heardAt === null ? null : new Date(heardAt).toISOString();
  return { hearing: { state, heard_at: heard, endpoint }, ...answer };
}
