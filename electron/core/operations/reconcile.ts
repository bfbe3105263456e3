import type { ErrorCode, Failure } from '#shared/contract/errors';
import type { GuestAction } from '#shared/contract/operations';
import { readTasks } from '../pve/schemas/cluster';
import type { PveClient } from '../pve/types';
import { ACTIONS, guestParts } from './actions';

/** After these the server may have carried the action out without our hearing of it. */
const UNCERTAIN: ReadonlySet<ErrorCode> = new Set([
  'TIMEOUT',
  'UNREACHABLE',
  'ABORTED',
  'BAD_RESPONSE',
  'NOT_PROXMOX',
  'RESPONSE_TOO_LARGE',
  'NODE_UNREACHABLE',
]);

/** Whether an action that failed this way may have been carried out all the same. */
export function mayHaveHappened(failure: Failure): boolean {
  // 595: the proxying node could not even connect to the other one
  if (failure.code === 'NODE_UNREACHABLE' && failure.data.status === 595) return false;
  return UNCERTAIN.has(failure.code);
}

/** What was sent, as far as the cluster's tasks can show it. */
export interface Sent {
  action: GuestAction;
  guestId: string;
  node: string;
  /** `root@pam`, without a token's name */
  user: string;
  startedAt: number;
}

const CLOCKS_DIFFER_MS = 60_000;
const SENDING_TAKES_MS = 120_000;

/**
 * Looks among the node's tasks for the one an action made whose answer was lost. Only reads.
 * @param taken tasks that belong to other items
 * @returns the task, or null where there is none or more than one that could be it
 */
export async function findTask(
  client: Pick<PveClient, 'call'>,
  sent: Sent,
  taken: ReadonlySet<string>,
  signal: AbortSignal,
): Promise<string | null> {
  const { kind, vmid } = guestParts(sent.guestId);
  const params = { vmid, source: 'all', limit: 50 };
  const answer = await client.call('GET', `/nodes/${sent.node}/tasks`, params, { signal });
  const types = ACTIONS[sent.action].tasks[kind];
  const fits = readTasks(answer.data).rows.filter(
    (task) =>
      task.id === vmid &&
      types.includes(task.type) &&
      task.user === sent.user &&
      !taken.has(task.upid) &&
      task.starttime !== null &&
      task.starttime >= sent.startedAt - CLOCKS_DIFFER_MS &&
      task.starttime <= sent.startedAt + SENDING_TAKES_MS + CLOCKS_DIFFER_MS,
  );
  const [only, ...more] = fits;
  return only !== undefined && more.length === 0 ? only.upid : null;
}
