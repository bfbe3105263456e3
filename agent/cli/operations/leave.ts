import { isOver, type OperationAnswer, type PlanRequest } from '#shared/contract/agent/operations';
import { fail } from '#shared/contract/errors';
import { parseDuration } from '../../config/duration';
import { systemClock } from '../../host/clock';
import { type CommandContext, loadConfig, nodeNameOf } from '../context';
import { type ApprovalOptions, approveAndBegin } from './carry-out';
import { isAtRest } from './change-lines';
import { follow, tellEnd } from './follow';

/** Gone for longer than a restart takes to begin. */
const GONE_MS = 5_000;
/** id of the step in which the agent of the node that leaves ends */
const GOODBYE = 'goodbye';

export interface LeaveOptions extends ApprovalOptions {
  reboot?: boolean;
  unattended?: string;
}

/** `node-agent leave`: this node goes out of its cluster, without disturbing anyone. */
export async function leave(
  { reboot = false, unattended, ...options }: LeaveOptions,
  context: CommandContext,
): Promise<0 | 1 | 2> {
  const { config } = await loadConfig(context);
  const node = nodeNameOf(config);
  const request = { kind: 'leave', params: { node, reboot } };
  if (unattended === undefined) {
    const begun = await approveAndBegin(request, options, context);
    if ('code' in begun) return begun.code;
    const log = options.log === true;
    const mayBeGone = whetherLeft();
    return told(await follow(begun.client, begun.id, context, { log, mayBeGone }), context);
  }
  const waitMs = parseDuration(unattended);
  if (waitMs === null || waitMs === 0) {
    const remedy = 'Write how long it may take, as 15m.';
    throw fail('INVALID_INPUT', { remedy, field: 'unattended' });
  }
  return leaveUnattended(request, node, waitMs, context);
}

/**
 * For a machine that goes down with nobody there: approved where the plan asks for no more than this
 * node's own name. What is not done in time is undone, so that nothing half done stays behind.
 */
async function leaveUnattended(
  request: PlanRequest,
  node: string,
  waitMs: number,
  context: CommandContext,
): Promise<0 | 1 | 2> {
  const { io, out } = context;
  const begun = await approveAndBegin(request, { confirm: node }, context);
  if ('code' in begun) return begun.code;
  const { client, id } = begun;
  const signal = AbortSignal.any([io.signal, AbortSignal.timeout(waitMs)]);
  const first = await follow(client, id, { ...context, io: { ...io, signal } });
  if (io.signal.aborted || (first !== null && isOver(first.operation))) return tellEnd(first, out);
  out.note('It did not come to its end in time: what was done is undone.');
  await client.wish(id, 'abort');
  return tellEnd(await follow(client, id, context), out);
}

/** Whether the agent that does not answer has left, as the operation wanted it to. */
function whetherLeft(): (seen: OperationAnswer) => Promise<boolean> {
  let since: number | null = null;
  return async ({ operation }) => {
    if (!isLeaving(operation)) return false;
    since ??= systemClock.monotonic();
    return systemClock.monotonic() - since > GONE_MS;
  };
}

/** Whether nothing is left of it but the good-bye, and what the others do after that. */
function isLeaving({ steps }: OperationAnswer['operation']): boolean {
  const index = steps.findIndex(({ id }) => id === GOODBYE);
  return index >= 0 && steps.slice(0, index).every(({ state }) => state === 'done');
}

function told(answer: OperationAnswer | null, { out }: CommandContext): 0 | 1 {
  const isGone = answer !== null && !isAtRest(answer);
  if (!isGone) return tellEnd(answer, out);
  out.result(
    answer,
    () =>
      `This node has said good-bye, and its agent has ended. The others see it through; ask one of them: node-agent operation show ${answer.operation.id}`,
  );
  return 0;
}
