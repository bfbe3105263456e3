import { fail } from '#shared/contract/errors';

const codeOf = (error: unknown): string =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : '';

const FULL = /^(SQLITE_FULL|ENOSPC|EDQUOT)/;
const BUSY = /^SQLITE_(BUSY|LOCKED)/;
// any word of the file system stands for a folder or file that cannot be used
const BROKEN = /^(SQLITE_(NOTADB|CORRUPT|IOERR|CANTOPEN|READONLY|PERM|AUTH)|E[A-Z]+$)/;

/**
 * Turns what SQLite and the file system say into a typed failure.
 * @param place the data folder or file, for the remedy
 * @returns a STORE_* failure, or the error itself where it is none of the store's
 */
export function storeFailure(error: unknown, place: string): unknown {
  const code = codeOf(error);
  if (FULL.test(code)) {
    return fail('STORE_FULL', { remedy: 'Free some space on the disk, then try again.' });
  }
  if (BUSY.test(code)) {
    return fail('STORE_BUSY', {
      remedy: `Close the other program that uses ${place}, then try again.`,
    });
  }
  if (BROKEN.test(code)) {
    return fail('STORE_BROKEN', {
      remedy: `Check that ${place} can be read and written by you. Its folder "backups" has earlier copies.`,
      detail: code,
    });
  }
  return error;
}
