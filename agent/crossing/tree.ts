import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import {
  chmod,
  chown,
  copyFile,
  lstat,
  mkdir,
  open,
  readdir,
  readlink,
  rename,
  rm,
  symlink,
} from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { codeOf } from '../host/error-code';
import { told } from '../host/files';

/** One file of a tree. */
export interface TreeFile {
  /** with `/`, below its root; '' where the root is a file itself */
  path: string;
  bytes: number;
}

/** Whether anything is there, also a link to nothing. */
export async function isThere(path: string): Promise<boolean> {
  try {
    await lstat(path);
    return true;
  } catch (error) {
    if (codeOf(error) === 'ENOENT' || codeOf(error) === 'ENOTDIR') return false;
    throw error;
  }
}

/** Names in a folder, in order; none where there is no folder. */
export async function namesIn(folder: string): Promise<string[]> {
  try {
    return (await readdir(folder)).toSorted();
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return [];
    throw error;
  }
}

/** All plain files below `root`, in order of their paths; none where nothing is there. */
export async function filesBelow(root: string): Promise<TreeFile[]> {
  const found: TreeFile[] = [];
  const walk = async (path: string): Promise<void> => {
    const seen = await lstat(join(root, path)).catch((error: unknown) => {
      if (codeOf(error) === 'ENOENT') return null;
      throw error;
    });
    if (seen?.isFile()) found.push({ path, bytes: seen.size });
    if (!seen?.isDirectory()) return;
    for (const name of await namesIn(join(root, path))) {
      await walk(path === '' ? name : `${path}/${name}`);
    }
  };
  await walk('');
  return found;
}

/** SHA-256 in hex. */
export async function sumOf(path: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path)) hash.update(chunk);
  return hash.digest('hex');
}

/**
 * Moves a file or folder; cut off anywhere, it goes on with the next call. Whatever lies at `to` came
 * there by such a call and is whole. What was renamed survives a power cut once its folders are synced.
 * @throws Failure STORE_FULL | PERMISSION_DENIED, and what the file system says
 */
export async function moveTree(from: string, to: string): Promise<void> {
  if (!(await isThere(from))) return;
  try {
    if (!(await isThere(to))) {
      await mkdir(dirname(to), { recursive: true, mode: 0o700 });
      if (await renamed(from, to)) return;
      const part = `${to}.part`;
      await rm(part, { recursive: true, force: true });
      await copyTree(from, part);
      await rename(part, to);
      await syncPath(dirname(to));
    }
    await rm(from, { recursive: true, force: true });
  } catch (error) {
    throw told(error, to);
  }
}

/** Copies a file or folder with owners and modes, onto the disk. Links are copied as links. */
export async function copyTree(from: string, to: string): Promise<void> {
  const seen = await lstat(from);
  if (seen.isSymbolicLink()) return symlink(await readlink(from), to);
  if (seen.isDirectory()) {
    await mkdir(to, { mode: 0o700 });
    for (const name of await namesIn(from)) {
      // one that vanished meanwhile is no part of it
      await copyTree(join(from, name), join(to, name)).catch((error: unknown) => {
        if (codeOf(error) !== 'ENOENT') throw error;
      });
    }
  } else if (seen.isFile()) await copyFile(from, to);
  // sockets and pipes are their daemon's, which makes them anew
  else return;
  await chown(to, seen.uid, seen.gid);
  await chmod(to, seen.mode & 0o7777);
  await syncPath(to);
}

/** Has these folders on the disk as they are now; those that are not there are left out. */
export async function syncFolders(folders: Iterable<string>): Promise<void> {
  for (const folder of new Set(folders)) if (await isThere(folder)) await syncPath(folder);
}

async function syncPath(path: string): Promise<void> {
  const handle = await open(path, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** @returns false where it lies on another disk */
async function renamed(from: string, to: string): Promise<boolean> {
  try {
    await rename(from, to);
    return true;
  } catch (error) {
    if (codeOf(error) === 'EXDEV') return false;
    throw error;
  }
}
