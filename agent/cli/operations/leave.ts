import { isOver, type PlanRequest } from '#shared/contract/agent/operations';
import { fail } from '#shared/contract/errors';
import { parseDuration } from '../../config/duration';
import { type CommandContext, loadConfig, nodeNameOf } from '../context';
import { type ApprovalOptions, approveAndBegin, carryOut } from './carry-out';
import { follow, tellEnd } from './follow';

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
  if (unattended === undefined) return carryOut(request, options, context);
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
