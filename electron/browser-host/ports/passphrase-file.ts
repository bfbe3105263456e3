import { readFile, stat } from 'node:fs/promises';
import { fail } from '#shared/contract/errors';

/**
 * The first line of the file that CLUSTERDECK_PASSPHRASE_FILE names, or null where none is named.
 * @throws Failure VAULT_UNAVAILABLE when it is named and of no use
 */
export async function readPassphraseFile(env: NodeJS.ProcessEnv): Promise<string | null> {
  const path = env['CLUSTERDECK_PASSPHRASE_FILE'];
  if (path === undefined || path === '') return null;
  const unusable = (remedy: string) =>
    fail('VAULT_UNAVAILABLE', { remedy }, `The passphrase file ${path} cannot be used.`);
  let text: string;
  try {
    const { mode } = await stat(path);
    if (process.platform !== 'win32' && (mode & 0o077) !== 0) {
      throw unusable(`Others may read it: run chmod 600 ${path}.`);
    }
    text = await readFile(path, 'utf8');
  } catch (error) {
    if (error instanceof Error && error.name === 'Failure') throw error;
    throw unusable('Name a file that exists and that you may read.');
  }
  const [line = ''] = text.split(/\r?\n/, 1);
  if (line.length < 8)
    throw unusable('Its first line is the passphrase, of at least 8 characters.');
  return line;
}
