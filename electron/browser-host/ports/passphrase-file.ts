import { readFile, stat } from 'node:fs/promises';
import { type ErrorCode, fail } from '#shared/contract/errors';

/**
 * The first line of the file that CLUSTERDECK_PASSPHRASE_FILE names, or null where none is named.
 * @throws Failure VAULT_UNAVAILABLE when it is named and of no use
 */
export async function readPassphraseFile(env: NodeJS.ProcessEnv): Promise<string | null> {
  const path = env['CLUSTERDECK_PASSPHRASE_FILE'];
  if (path === undefined || path === '') return null;
  return readPrivateLine(path, { what: 'passphrase', minChars: 8, code: 'VAULT_UNAVAILABLE' });
}

/**
 * The first line of a file that nobody else may read.
 * @param wish.what names it in the failure, as `passphrase`
 * @throws Failure of the given code when the file is of no use
 */
export async function readPrivateLine(
  path: string,
  { what, minChars, code }: { what: string; minChars: number; code: ErrorCode },
): Promise<string> {
  const unusable = (remedy: string) =>
    fail(code, { remedy }, `The ${what} file ${path} cannot be used.`);
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
  if (line.length < minChars) {
    throw unusable(`Its first line is the ${what}, of at least ${minChars} characters.`);
  }
  return line;
}
