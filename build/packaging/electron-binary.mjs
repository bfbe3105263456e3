import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';

/** what stands before the fuses in every Electron executable */
const SENTINEL = 'dL7pKGdnNz796PbbjQWNKmHXBZaB9tsX';
const FETCH_WITHIN_MS = 120_000;
const require = createRequire(import.meta.url);
const folder = join(require.resolve('electron/package.json'), '..');
export const electronVersion = require('electron/package.json').version;

const hasBinary = () => {
  const named = join(folder, 'path.txt');
  return existsSync(named) && existsSync(join(folder, 'dist', readFileSync(named, 'utf8')));
};

/**
 * Makes sure that Electron's binary is there, fetching it within a bounded time.
 * @returns null when it is, else why it could not be had
 */
export function ensureElectron() {
  if (hasBinary()) return null;
  const { status, error, stderr } = spawnSync(process.execPath, [join(folder, 'install.js')], {
    timeout: FETCH_WITHIN_MS,
    encoding: 'utf8',
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  if (status === 0 && hasBinary()) return null;
  if (error?.code === 'ETIMEDOUT') return `not fetched within ${FETCH_WITHIN_MS / 1000} s`;
  const reason = /(?:Error: |code: ')(.*?)'?$/m.exec(stderr)?.[1];
  return reason ?? 'it could not be fetched';
}

/**
 * A folder in the shape of Electron's release whose executable is nothing but a fuse wire: enough
 * to prove what is packed and which fuses are set, and of no other use.
 */
export function makeStandIn(target) {
  mkdirSync(join(target, 'resources'), { recursive: true });
  const wire = Buffer.from('100100010');
  const executable = Buffer.concat([
    Buffer.from('#!/bin/sh\nexit 1\n'),
    Buffer.from(SENTINEL),
    Buffer.from([1, wire.length]),
    wire,
  ]);
  for (const name of ['electron', 'chrome-sandbox', 'chrome_crashpad_handler']) {
    writeFileSync(join(target, name), name === 'electron' ? executable : '');
    chmodSync(join(target, name), 0o755);
  }
  writeFileSync(join(target, 'version'), electronVersion);
  writeFileSync(join(target, 'LICENSE'), '');
  return target;
}
