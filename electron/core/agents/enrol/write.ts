import { mkdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { isAbsolute, join, resolve } from 'node:path';
import { fail } from '#shared/contract/errors';
import type { NodeFile } from './files';

/** The folder as an absolute path; `~/` is this user's home. @throws Failure INVALID_INPUT */
export function folderOf(typed: string): string {
  const expanded = typed.startsWith('~/') ? join(homedir(), typed.slice(2)) : typed;
  if (isAbsolute(expanded)) return resolve(expanded);
  throw refused('Name the folder by its whole path.', typed);
}

/**
 * Writes all files or none, for this user alone where they hold the key.
 * @throws Failure INVALID_INPUT where a file is there already or the folder cannot be written to
 */
export async function writeFiles(
  folder: string,
  files: readonly NodeFile[],
  overwrite: boolean,
): Promise<void> {
  const halves: string[] = [];
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    if (!overwrite) await checkFree(folder, files);
    for (const { name, text, secret } of files) {
      const half = join(folder, `.${name}.${process.pid}.part`);
      halves.push(half);
      await writeFile(half, text, { mode: secret ? 0o600 : 0o644, flag: 'wx', flush: true });
    }
    for (const { name } of files) {
      await rename(join(folder, `.${name}.${process.pid}.part`), join(folder, name));
    }
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && 'syscall' in error)) throw error;
    throw refused(`The folder cannot be written to (${String(error.code)}).`, folder);
  } finally {
    for (const half of halves) await rm(half, { force: true });
  }
}

async function checkFree(folder: string, files: readonly NodeFile[]): Promise<void> {
  for (const { name } of files) {
    const path = join(folder, name);
    const isThere = await stat(path).then(
      () => true,
      () => false,
    );
    if (isThere) throw refused(`${name} is there already.`, path);
  }
}

function refused(message: string, path: string) {
  const remedy = 'Name another folder, or let files of the same names be replaced.';
  return fail(
    'INVALID_INPUT',
    { remedy, path, field: 'folder', fields: { folder: message } },
    message,
  );
}
