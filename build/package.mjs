// `npm run package`: builds, then makes what can be made on this machine and says what and why not.
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { requireNode } from './node-version.mjs';

requireNode();
const { ensureBuilt, root } = await import('./builder.mjs');
const { build } = await import('electron-builder');
const { checkAsar, checkFuses } = await import('./packaging/check.mjs');
const { builderConfig, TARGETS } = await import('./packaging/config.mjs');
const { electronVersion, ensureElectron, makeStandIn } = await import(
  './packaging/electron-binary.mjs'
);
const { packForNode } = await import('./packaging/node-package.mjs');
const { offlineTools } = await import('./packaging/offline-tools.mjs');

const { platform, arch } = process;
const release = join(root, 'release');
const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
const SYSTEM = { linux: 'linux', darwin: 'mac', win32: 'win' }[platform];
const UNPACKED = {
  linux: arch === 'x64' ? 'linux-unpacked' : `linux-${arch}-unpacked`,
  darwin: arch === 'x64' ? 'mac' : `mac-${arch}`,
  win32: 'win-unpacked',
}[platform];
const failures = [];

const megabytes = (bytes) => `${(bytes / 1e6).toFixed(1)} MB`;
const say = (state, text) => console.log(`${state.padEnd(9)} ${text}`);
const firstLine = (error) => String(error?.message ?? error).split('\n')[0];

/** Checks what was packed: the asar's contents, the natives beside it, and the fuses. */
async function check(unpacked) {
  const bundle = join(unpacked, 'Clusterdeck.app');
  const resources =
    platform === 'darwin' ? join(bundle, 'Contents', 'Resources') : join(unpacked, 'resources');
  const executable = {
    linux: join(unpacked, 'clusterdeck'),
    darwin: bundle,
    win32: join(unpacked, 'Clusterdeck.exe'),
  };
  const findings = [
    ...checkAsar(resources).map((found) => ({ ...found, text: `app.asar ${found.text}` })),
    ...(await checkFuses(executable[platform])).map((found) => ({
      ...found,
      text: `fuse ${found.text}`,
    })),
  ];
  for (const { ok, text } of findings) {
    say(ok ? 'ok' : 'FAILED', text);
    if (!ok) failures.push(text);
  }
}

/** @param more what differs from a plain build, as a folder to take Electron from */
function makeFolder(output, more = {}) {
  const config = { ...builderConfig({ platform, arch, output }), electronVersion, ...more };
  return build({ projectDir: root, [SYSTEM]: ['dir'], [arch]: true, config, publish: 'never' });
}

/**
 * Each target by itself: one that needs a download does not take the others with it.
 * @returns the files made
 */
async function makeTargets(output, unpacked, targets) {
  const made = [];
  for (const target of targets) {
    const config = { ...builderConfig({ platform, arch, output }), electronVersion };
    try {
      const files = await build({
        projectDir: root,
        prepackaged: unpacked,
        [SYSTEM]: [target],
        [arch]: true,
        config,
        publish: 'never',
      });
      made.push(...files);
    } catch (error) {
      say('not made', `${target}: ${firstLine(error)}`);
    }
  }
  return made;
}

async function packageDesktop() {
  const reason = ensureElectron();
  Object.assign(process.env, offlineTools());
  if (reason === null) {
    await makeFolder(release);
    await check(join(release, UNPACKED));
    for (const file of await makeTargets(release, join(release, UNPACKED), TARGETS[platform])) {
      say('made', `${file} (${megabytes(statSync(file).size)})`);
    }
    return;
  }
  say(
    'not made',
    `${TARGETS[platform].join(', ')}: Electron ${electronVersion} is not here (${reason})`,
  );
  if (platform !== 'linux') return;
  say('checking', 'the layout around a stand-in for its executable, which is thrown away');
  const temporary = mkdtempSync(join(tmpdir(), 'clusterdeck-package-'));
  try {
    const electronDist = makeStandIn(join(temporary, 'electron'));
    await makeFolder(temporary, { electronDist });
    await check(join(temporary, UNPACKED));
    for (const file of await makeTargets(temporary, join(temporary, UNPACKED), ['tar.gz', 'deb'])) {
      say('ok', `${basename(file)} could be made around it`);
    }
  } finally {
    rmSync(temporary, { recursive: true, force: true });
  }
}

await ensureBuilt();
mkdirSync(release, { recursive: true });
if (platform !== 'win32') {
  const { file, bytes, hasRuntime } = packForNode({
    root,
    output: release,
    version,
    platform,
    arch,
  });
  const node = hasRuntime ? 'with its own Node' : 'runs on an installed Node 22.19 or newer';
  say('made', `${file} (${megabytes(bytes)}, browser host and command line, ${node})`);
}
await packageDesktop();
say('release', readdirSync(release).join(', '));
if (failures.length > 0) process.exitCode = 1;
