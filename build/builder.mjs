import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

export const root = dirname(dirname(fileURLToPath(import.meta.url)));
const stampFile = join(root, 'dist', '.stamp');
const lockDir = join(root, 'dist', '.building');
const SOURCES = ['electron', 'renderer', 'shared', 'agent', 'vite.config.ts', 'package-lock.json'];

function* filesOf(path) {
  if (!existsSync(path)) return;
  if (!statSync(path).isDirectory()) {
    yield path;
    return;
  }
  for (const name of readdirSync(path).sort()) yield* filesOf(join(path, name));
}

/** Changes whenever a source file does; sizes and times suffice and cost a few milliseconds. */
function sourceStamp() {
  const hash = createHash('sha256');
  for (const source of SOURCES) {
    for (const file of filesOf(join(root, source))) {
      const { size, mtimeMs } = statSync(file);
      hash.update(`${file}\0${size}\0${mtimeMs}\n`);
    }
  }
  return hash.digest('hex');
}

const isBuilt = (stamp) => existsSync(stampFile) && readFileSync(stampFile, 'utf8') === stamp;

const LOCK_BEAT_MS = 5_000;
const LOCK_DEAD_MS = 60_000;

/**
 * Takes the build lock and keeps it fresh; one that is stale was left by a killed build.
 * @returns {Promise<() => void>} gives it back
 */
async function lock() {
  mkdirSync(dirname(lockDir), { recursive: true });
  for (;;) {
    try {
      mkdirSync(lockDir);
      const beat = setInterval(() => {
        const now = new Date();
        utimesSync(lockDir, now, now);
      }, LOCK_BEAT_MS);
      return () => {
        clearInterval(beat);
        rmSync(lockDir, { recursive: true, force: true });
      };
    } catch (error) {
      if (error.code !== 'EEXIST') throw error;
      const age =
        Date.now() - (statSync(lockDir, { throwIfNoEntry: false })?.mtimeMs ?? Date.now());
      if (age > LOCK_DEAD_MS) rmSync(lockDir, { recursive: true, force: true });
      await sleep(100);
    }
  }
}

/** Builds all programs into dist/ unless the sources are unchanged since the last build. */
export async function build() {
  const unlock = await lock();
  try {
    const stamp = sourceStamp();
    if (isBuilt(stamp)) return;
    process.stderr.write('Building Clusterdeck (only after a change) ...\n');
    // a test runner sets `test`, which would bundle the development build of React
    process.env.NODE_ENV = 'production';
    const { createBuilder } = await import('vite');
    const builder = await createBuilder(
      { configFile: join(root, 'vite.config.ts'), logLevel: 'warn' },
      null,
    );
    await builder.buildApp();
    writeFileSync(stampFile, stamp);
  } finally {
    unlock();
  }
}

/**
 * Builds where it is needed, in a process of its own: its memory is not the running program's.
 * Says nothing on stdout, which belongs to the program that is about to run.
 */
export async function ensureBuilt() {
  if (process.env.CLUSTERDECK_NO_BUILD === '1' || isBuilt(sourceStamp())) return;
  const child = spawn(process.execPath, [join(root, 'build', 'run.mjs'), 'build'], {
    stdio: ['ignore', process.stderr, process.stderr],
  });
  const [code] = await once(child, 'exit');
  if (code !== 0) throw new Error('The build failed; what is wrong stands above.');
}
