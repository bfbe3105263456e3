import { Failure } from '#shared/contract/errors';
import { listing } from '../../../roles/slurm/listing';
import { type Asks, ask, given } from './ask';
import { columns } from './columns';

/** How a job that waits stands now. */
export interface Standing {
  isHeld: boolean;
  /** SLURM's word for what it waits for, as `JobHeldUser` */
  reason: string;
  comment: string;
  adminComment: string;
}

/**
 * @returns null where none of it waits any more. Of an array those tasks count that wait.
 * @throws Failure SERVER_ERROR, TIMEOUT
 */
export async function standingOf(
  commands: Asks,
  id: string,
  signal?: AbortSignal,
): Promise<Standing | null> {
  try {
    const list = listing(['%A', '%T', '%r', '%Q', '%k']);
    const about = ['squeue', '-h', '-a', '-j', id] as const;
    const rows = list
      .rows(await ask(commands, [...about, '-o', list.format], signal))
      .filter(([, state]) => state === 'PENDING');
    const [first] = rows;
    if (first === undefined) return null;
    const [raw, , reason = '', , comment = ''] = first;
    const table = columns({ JobID: 12, admin_comment: 4096 });
    const more = table.rows(await ask(commands, [...about, '-O', table.format], signal));
    const adminComment = more.find(({ JobID }) => JobID === raw)?.admin_comment ?? '';
    return {
      isHeld: rows.every(([, , , priority]) => priority === '0'),
      reason,
      comment: given(comment),
      adminComment: given(adminComment),
    };
  } catch (error) {
    if (error instanceof Failure && error.code === 'NOT_FOUND') return null;
    throw error;
  }
}
