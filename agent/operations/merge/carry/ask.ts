import { fail } from '#shared/contract/errors';
import type { Commands } from '../../../ports';
import { complaint } from '../../../roles/slurm/look';

const ASK_MS = 10_000;
const MAX_BYTES = 64 * 1024 * 1024;

export type Asks = Pick<Commands, 'run'>;

/** Times as unix seconds, and lists of an array's tasks whole, however long. */
const PLAIN = { SLURM_TIME_FORMAT: '%s', SLURM_BITSTR_LEN: '0' };

/**
 * What one of SLURM's programs prints.
 * @throws Failure NOT_FOUND for a job that SLURM does not know (any more), SERVER_ERROR, TIMEOUT
 */
export async function ask(
  commands: Asks,
  argv: readonly [string, ...string[]],
  signal?: AbortSignal,
): Promise<string> {
  const options = { deadlineMs: ASK_MS, maxBytes: MAX_BYTES, env: PLAIN };
  const { code, stdout, stderr } = await commands.run(argv, {
    ...options,
    ...(signal && { signal }),
  });
  if (code === 0) return stdout;
  const why = complaint(stderr);
  if (/invalid job id/i.test(stderr)) {
    throw fail('NOT_FOUND', { remedy: 'Look at the list of jobs; it may have ended.' }, `${why}.`);
  }
  const remedy = 'Look at the controller: scontrol ping.';
  throw fail('SERVER_ERROR', { remedy }, `${argv[0]} failed: ${why}.`);
}

/** SLURM's words for nothing. */
export const given = (text: string) => (text === '(null)' || text === 'N/A' ? '' : text);
