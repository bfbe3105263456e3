import { randomBytes } from 'node:crypto';
import { lstat, open, readdir, readFile, rm, statfs } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { codeOf } from '../../host/error-code';
import type { Account } from './machine';

/** What of the folder is the agent's own and no part of SLURM's state. */
export const OURS_IN_FOLDER = '.clusterdeck';

/** One file of the folder. */
export interface StateFile {
  /** with `/`, below the folder */
  path: string;
  size: number;
  mtimeMs: number;
  ino: number;
  mode: number;
  uid: number;
}

/** All files in order of their paths; what vanishes meanwhile is left out. */
export async function stateFiles(folder: string): Promise<StateFile[]> {
  const paths: string[] = [];
  const walk = async (below: string): Promise<void> => {
    const entries = await readdir(join(folder, below), { withFileTypes: true }).catch(gone([]));
    for (const entry of entries) {
      const path = below === '' ? entry.name : `${below}/${entry.name}`;
      if (below === '' && isOurs(entry.name)) continue;
      if (entry.isDirectory()) await walk(path);
      if (entry.isFile()) paths.push(path);
    }
  };
  await walk('');
  const files = await inParallel(paths, async (path) => {
    const seen = await lstat(join(folder, path)).catch(gone(null));
    if (seen === null) return [];
    const { size, mtimeMs, ino, mode, uid } = seen;
    return [{ path, size, mtimeMs, ino, mode: mode & 0o777, uid }];
  });
  return files.flat().toSorted((a, b) => (a.path < b.path ? -1 : 1));
}

const AT_ONCE = 32;

/** A few at a time: one after another takes long where there are many. @returns in their order */
export async function inParallel<In, Out>(
  items: readonly In[],
  work: (item: In, index: number) => Promise<Out>,
): Promise<Out[]> {
  const results: Out[] = [];
  let next = 0;
  const worker = async () => {
    while (next < items.length) {
      const index = next;
      next += 1;
      const item = items[index];
      if (item !== undefined) results[index] = await work(item, index);
    }
  };
  await Promise.all(Array.from({ length: Math.min(AT_ONCE, items.length) }, worker));
  return results;
}

export const isOurs = (name: string) => name.startsWith(OURS_IN_FOLDER) || name === 'lost+found';

/** Unix seconds of the last sign of a controller at work, as text; '' where there is none. */
export async function heartbeatIn(folder: string): Promise<string> {
  const bytes = await readFile(join(folder, 'heartbeat')).catch(gone(null));
  return bytes === null || bytes.length < 8 ? '' : String(bytes.readBigUInt64BE(0));
}

/** What of the folder matters for a plan. */
export async function factsOf(folder: string, owner: Account | null) {
  const [files, itself] = await Promise.all([stateFiles(folder), lstat(folder).catch(gone(null))]);
  // of root only what all may read: a controller ends at once over a file that it cannot
  const canUse = ({ uid, mode }: Pick<StateFile, 'uid' | 'mode'>) =>
    uid === owner?.uid || (uid === 0 && (mode & 0o004) !== 0);
  return {
    bytes: files.reduce((sum, { size }) => sum + size, 0),
    files: files.length,
    isOwned: owner !== null && (itself === null || itself.uid === owner.uid) && files.every(canUse),
    refused: await refusedWrite(folder),
    freeBytes: await freeBytes(folder),
  };
}

/** Whether a small file gets through to the disk. @returns '' or why not */
async function refusedWrite(folder: string): Promise<string> {
  const path = join(folder, `${OURS_IN_FOLDER}-probe-${randomBytes(4).toString('hex')}`);
  try {
    const file = await open(path, 'wx', 0o600);
    try {
      await file.writeFile('probe');
      await file.sync();
    } finally {
      await file.close();
    }
    return '';
  } catch (error) {
    return codeOf(error) === 'ENOENT' ? '' : codeOf(error);
  } finally {
    await rm(path, { force: true }).catch(() => undefined);
  }
}

/** Of the disk where the folder lies or would lie. */
async function freeBytes(folder: string): Promise<number> {
  const seen = await statfs(folder).catch(gone(null));
  if (seen !== null) return seen.bavail * seen.bsize;
  return dirname(folder) === folder ? 0 : freeBytes(dirname(folder));
}

const gone =
  <T>(instead: T) =>
  (error: unknown): T => {
    if (codeOf(error) === 'ENOENT' || codeOf(error) === 'ENOTDIR') return instead;
    throw error;
  };
