// `npm start`: the desktop program where there is Electron, the browser host where there is not.
import { spawn } from 'node:child_process';
import { existsSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { root } from './builder.mjs';

const FETCH_MS = 20_000;
const RETRY_AFTER_MS = 24 * 60 * 60 * 1000;

const say = (sentence) => process.stderr.write(`${sentence}\n`);
const electronDir = () => {
  try {
    return dirname(createRequire(import.meta.url).resolve('electron/package.json'));
  } catch {
    return null;
  }
};

/** The executable of Electron, or null where its download has not been made to the end. */
function electronBinary(folder, env) {
  const read = (path) => (existsSync(path) ? readFileSync(path, 'utf8').trim() : null);
  // the installer writes it last, so a download that was cut short does not count
  const name = read(join(folder, 'path.txt'));
  if (name === null && env.ELECTRON_OVERRIDE_DIST_PATH === undefined) return null;
  const names = { darwin: 'Electron.app/Contents/MacOS/Electron', win32: 'electron.exe' };
  const path = join(
    env.ELECTRON_OVERRIDE_DIST_PATH ?? join(folder, 'dist'),
    name ?? names[process.platform] ?? 'electron',
  );
  return existsSync(path) ? path : null;
}

const hasDisplay = (env) =>
  process.platform === 'darwin' ||
  process.platform === 'win32' ||
  Boolean(env.DISPLAY || env.WAYLAND_DISPLAY);

/** Runs Electron's own installer with a deadline. */
async function fetchElectron(folder) {
  say('Fetching Electron, which takes up to 20 seconds ...');
  const child = spawn(process.execPath, [join(folder, 'install.js')], {
    cwd: folder,
    stdio: 'ignore',
    // a group of its own, so that the deadline also ends what the installer has started
    detached: process.platform !== 'win32',
  });
  const timer = setTimeout(() => {
    if (process.platform === 'win32') child.kill();
    else if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
  }, FETCH_MS);
  await new Promise((resolve) => {
    child.once('exit', resolve);
    child.once('error', resolve);
  });
  clearTimeout(timer);
}

/** A failed fetch is remembered for a day: the next start must not wait for it again. */
const failureMark = (folder) => join(folder, '.clusterdeck-fetch-failed');
function markFailure(folder) {
  try {
    writeFileSync(failureMark(folder), '');
  } catch {
    // not ours to write: the next start tries again
  }
}
function failedLately(folder) {
  const mark = statSync(failureMark(folder), { throwIfNoEntry: false });
  return mark !== undefined && Date.now() - mark.mtimeMs < RETRY_AFTER_MS;
}

/**
 * Which program to start and why, in a sentence.
 * @param {{ env: NodeJS.ProcessEnv, folder: string | null, shellPath: string,
 *   fetch?: (folder: string) => Promise<void> }} surroundings `folder` is where the package
 *   electron lies, `shellPath` the built desktop program
 * @returns {Promise<{ electron: string | null, why: string }>}
 */
export async function chooseProgram({ env, folder, shellPath, fetch = fetchElectron }) {
  const browser = (why) => ({ electron: null, why: `Starting in the browser: ${why}.` });
  const desktop = (electron, why) => ({ electron, why: `Starting the desktop program: ${why}.` });
  if (!existsSync(shellPath)) return browser('the desktop program is not built');
  if (folder === null) return browser('Electron is not installed');
  if (!hasDisplay(env)) return browser('there is no display for a desktop window');
  const there = electronBinary(folder, env);
  if (there !== null) return desktop(there, 'Electron is there');
  if (env.CLUSTERDECK_NO_FETCH === '1') {
    return browser(
      "Electron's binary is not there, and CLUSTERDECK_NO_FETCH=1 forbids fetching it",
    );
  }
  if (failedLately(folder)) {
    return browser("Electron's binary could not be fetched within the last day");
  }
  await fetch(folder);
  const fetched = electronBinary(folder, env);
  if (fetched === null) {
    markFailure(folder);
    return browser("Electron's binary could not be fetched; the next try is in a day");
  }
  rmSync(failureMark(folder), { force: true });
  return desktop(fetched, 'Electron was fetched');
}

/** @param {string[]} args handed on to the program, as `--data DIR` */
export async function start(args) {
  const { electron, why } = await chooseProgram({
    env: process.env,
    folder: electronDir(),
    shellPath: join(root, 'dist', 'node', 'shell.js'),
  });
  say(why);
  if (electron === null) await startBrowserHost(args);
  else await startDesktop(electron, args);
}

async function startBrowserHost(args) {
  const entry = join(root, 'dist', 'node', 'browser-host.js');
  process.argv = [process.argv[0], entry, ...args];
  await import(pathToFileURL(entry).href);
}

/** A shell's and a loader's codes for a program that cannot run, as one with missing libraries. */
const CANNOT_RUN = [126, 127];
const AT_ONCE_MS = 3_000;

/** Runs Electron to its end; where it cannot run at all, the browser host takes over. */
async function startDesktop(electron, args) {
  // Chromium refuses to run its sandbox as root
  const asRoot = process.getuid?.() === 0 ? ['--no-sandbox'] : [];
  const child = spawn(electron, [...asRoot, root, ...args], { stdio: 'inherit' });
  const started = Date.now();
  const forward = (wish) => child.kill(wish);
  for (const wish of ['SIGINT', 'SIGTERM']) process.on(wish, forward);
  const code = await new Promise((done) => {
    child.once('error', () => done(CANNOT_RUN[0]));
    child.once('exit', (exit) => done(exit ?? 1));
  });
  if (!CANNOT_RUN.includes(code) || Date.now() - started > AT_ONCE_MS) process.exit(code);
  for (const wish of ['SIGINT', 'SIGTERM']) process.off(wish, forward);
  say('Electron is there but cannot run on this machine. Starting in the browser.');
  await startBrowserHost(args);
}
