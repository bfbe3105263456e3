import { randomBytes } from 'node:crypto';
import { mkdir, open, rename, rm, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { fail } from '#shared/contract/errors';
import { codeOf } from './error-code';

/**
 * Writes the whole file or none; one of this name is replaced. It is on the disk when this returns.
 * @param options.mode default 0600, for its owner alone
 * @throws Failure STORE_FULL, PERMISSION_DENIED; other errors of the file system as they are
 */
export async function writeWhole(
  path: string,
  content: string | Uint8Array,
  options: { mode?: number; owner?: { uid: number; gid: number } } = {},
): Promise<void> {
  const folder = dirname(path);
  const half = `${path}.${randomBytes(4).toString('hex')}.part`;
  try {
    await mkdir(folder, { recursive: true });
    const file = await open(half, 'wx', options.mode ?? 0o600);
    try {
      // the umask must not take away what was asked for
      await file.chmod(options.mode ?? 0o600);
      if (options.owner) await file.chown(options.owner.uid, options.owner.gid);
      await file.writeFile(content);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(half, path);
    await syncFolder(folder);
  } catch (error) {
    await rm(half, { force: true }).catch(() => undefined);
    throw told(error, path);
  }
}

/** A folder for its owner alone. */
export async function privateFolder(path: string): Promise<void> {
  try {
    await mkdir(path, { recursive: true, mode: 0o700 });
  } catch (error) {
    throw told(error, path);
  }
}

/** Whether others than its owner may read or write it. @throws what stat throws */
export async function isOpenToOthers(path: string): Promise<boolean> {
  return ((await stat(path)).mode & 0o077) !== 0;
}

/** A renamed file survives a power cut only when its folder is written too. */
async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** What the file system says, as a Failure where it is one that people can mend. */
export function told(error: unknown, path: string): unknown {
  const code = codeOf(error);
  if (code === 'ENOSPC' || code === 'EDQUOT') {
    return fail('STORE_FULL', { remedy: `Make room for ${path}.`, path });
  }
  if (code === 'EACCES' || code === 'EPERM' || code === 'EROFS') {
    const remedy = `Run it as root, or let this user write to ${dirname(path)}.`;
    return fail('PERMISSION_DENIED', { remedy, path }, `${path} cannot be written (${code}).`);
  }
  return error;
}
