import { DatabaseSync } from 'node:sqlite';
import { fail } from '#shared/contract/errors';

/**
 * Takes a folder's lock, which the system gives back even when this process is killed.
 * @returns gives it back
 * @throws Failure STORE_BUSY where another process has it
 */
export function takeLock(path: string): () => void {
  const database = new DatabaseSync(path);
  try {
    database.exec('PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = DELETE; BEGIN EXCLUSIVE');
  } catch (error) {
    database.close();
    if (error instanceof Error && /locked|busy/i.test(error.message)) {
      throw fail(
        'STORE_BUSY',
        { remedy: 'Ask it with "node-agent status", or stop it first.', path },
        'A node agent runs on this state folder already.',
      );
    }
    throw error;
  }
  return () => database.close();
}
