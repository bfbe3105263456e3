import { chmodSync, existsSync, mkdirSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { storeFailure } from '../db/failures';
import type { Paths } from '../ports';

interface Surroundings {
  platform: NodeJS.Platform;
  env: NodeJS.ProcessEnv;
  home: string;
}

/** The data folder every host uses when none is named, so that window and command line meet. */
export function defaultDataDir(
  { platform, env, home }: Surroundings = {
    platform: process.platform,
    env: process.env,
    home: homedir(),
  },
): string {
  if (platform === 'darwin') return join(home, 'Library', 'Application Support', 'Clusterdeck');
  if (platform === 'win32') {
    return join(env['LOCALAPPDATA'] ?? join(home, 'AppData', 'Local'), 'Clusterdeck');
  }
  // the XDG specification says to ignore a relative path
  const data = env['XDG_DATA_HOME'];
  return join(data?.startsWith('/') ? data : join(home, '.local', 'share'), 'clusterdeck');
}

/**
 * Makes the folders of a host, readable by this user only.
 * @param named from --data or CLUSTERDECK_DATA; default is {@link defaultDataDir}
 * @throws Failure STORE_BROKEN | STORE_FULL where there can be no such folder
 */
export function preparePaths(named?: string): Paths {
  const dataDir = named === undefined || named === '' ? defaultDataDir() : resolve(named);
  const logDir = join(dataDir, 'logs');
  try {
    makeFolder(logDir);
    for (const folder of [dataDir, logDir]) chmodSync(folder, 0o700);
  } catch (error) {
    throw storeFailure(error, dataDir);
  }
  return { dataDir, logDir };
}

/**
 * One folder after the other: a recursive mkdir never ends on a file system which answers that a
 * path is missing and refuses to make it, as /proc does.
 */
function makeFolder(path: string): void {
  const parent = dirname(path);
  if (parent !== path && !existsSync(parent)) makeFolder(parent);
  try {
    mkdirSync(path, { mode: 0o700 });
  } catch (error) {
    // made by another program in between, or there already
    if (!existsSync(path)) throw error;
  }
}
