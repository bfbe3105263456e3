import { spawnSync } from 'node:child_process';
import { join } from 'node:path';

const has = (command) => spawnSync(command, ['--version'], { stdio: 'ignore' }).status === 0;

/**
 * electron-builder fetches its own 7zip and fpm. Where the system's tar, gzip and dpkg-deb can do
 * the same, they are used instead, so that .tar.gz and .deb need no network.
 * @returns environment variables for electron-builder
 */
export function offlineTools() {
  if (process.platform !== 'linux') return {};
  const own = (name) => join(import.meta.dirname, 'tools', name);
  return {
    ...(has('gzip') && { ELECTRON_BUILDER_7ZIP_PATH: own('7za') }),
    ...(has('dpkg-deb') && { CUSTOM_FPM_PATH: own('fpm.cjs') }),
  };
}
