import { readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { MAX_IMPORT_BYTES } from '#shared/contract/bundles';
import { fail } from '#shared/contract/errors';
import type { Output } from './output';

/** @throws Failure NOT_FOUND | FILE_UNKNOWN, naming the file */
export async function readImportFile(path: string): Promise<Uint8Array> {
  const { size } = await stat(path).catch((error: unknown) => {
    throw unreadable(path, error);
  });
  if (size > MAX_IMPORT_BYTES) {
    throw fail('FILE_UNKNOWN', { remedy: 'It has more than 16 MB: it is no bundle.', path });
  }
  return readFile(path).catch((error: unknown) => {
    throw unreadable(path, error);
  });
}

/** Writes the whole file or none, for its owner alone; one of this name is replaced. */
export async function writePrivateFile(path: string, content: Uint8Array): Promise<void> {
  const half = join(dirname(path), `.${process.pid}-${Date.now()}.part`);
  try {
    await writeFile(half, content, { mode: 0o600, flag: 'wx', flush: true });
    await rename(half, path);
  } catch (error) {
    await rm(half, { force: true });
    const remedy = `Name a file in a folder that you may write to (${codeOf(error)}).`;
    throw fail('INVALID_INPUT', { remedy, path }, `${path} could not be written.`);
  }
}

/** The first line of a file, without its line break; a warning where others can read it. */
export async function readPassphrase(path: string, out: Output): Promise<string> {
  const text = await readKeyFile(path, out);
  const [line = ''] = text.split(/\r?\n/, 1);
  if (line !== '') return line;
  throw fail('INVALID_INPUT', {
    remedy: `Write the passphrase into the first line of ${path}.`,
    field: 'passphrase',
  });
}

/** The text of a file with a key in it. */
export async function readKeyFile(path: string, out: Output): Promise<string> {
  try {
    const entry = await stat(path);
    const isOpen = process.platform !== 'win32' && entry.isFile() && (entry.mode & 0o077) !== 0;
    if (isOpen) out.note(`Others may read ${path}: run chmod 600 on it.`);
    return await readFile(path, 'utf8');
  } catch (error) {
    throw unreadable(path, error);
  }
}

const unreadable = (path: string, error: unknown) =>
  fail(
    'NOT_FOUND',
    { remedy: 'Name a file that exists and that you may read.', path },
    `${path} cannot be read (${codeOf(error)}).`,
  );

const codeOf = (error: unknown): string =>
  error instanceof Error && 'code' in error ? String(error.code) : 'unknown';
