import { existsSync, mkdirSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { tempFolder } from '#tests/support/temp-folder';
import { chooseProgram } from '../../../build/start.mjs';

let temp: ReturnType<typeof tempFolder>;
let folder: string;
let shellPath: string;
let fetches: number;
beforeEach(() => {
  temp = tempFolder();
  folder = join(temp.path, 'electron');
  shellPath = join(temp.path, 'shell.js');
  mkdirSync(join(folder, 'dist'), { recursive: true });
  writeFileSync(shellPath, '');
  fetches = 0;
});
afterEach(() => temp.remove());

const install = () => {
  writeFileSync(join(folder, 'dist', 'electron'), '');
  writeFileSync(join(folder, 'path.txt'), 'electron');
};
const choose = (env: Record<string, string> = {}, fetch: () => void = () => undefined) =>
  chooseProgram({
    env: { DISPLAY: ':0', ...env },
    folder,
    shellPath,
    fetch: async () => {
      fetches += 1;
      fetch();
    },
  });
const binary = () => join(folder, 'dist', 'electron');

test('Electron is taken where its binary and a display are there', async () => {
  install();
  expect(await choose()).toEqual({
    electron: binary(),
    why: 'Starting the desktop program: Electron is there.',
  });
  expect(fetches).toBe(0);
});

test('without a display it is the browser, even with Electron', async () => {
  install();
  const { electron, why } = await choose({ DISPLAY: '' });
  expect([electron, why]).toEqual([null, expect.stringContaining('no display')]);
});

test('a folder named in ELECTRON_OVERRIDE_DIST_PATH counts', async () => {
  const dist = join(temp.path, 'elsewhere');
  mkdirSync(dist);
  writeFileSync(join(dist, 'electron'), '');
  const { electron } = await choose({ ELECTRON_OVERRIDE_DIST_PATH: dist });
  expect(electron).toBe(join(dist, 'electron'));
});

test('a missing binary is fetched once', async () => {
  const { electron, why } = await choose({}, install);
  expect([electron, fetches]).toEqual([binary(), 1]);
  expect(why).toContain('was fetched');
});

test('a download that was cut short does not count as Electron', async () => {
  const { electron } = await choose({}, () => writeFileSync(binary(), 'half'));
  expect(electron).toBeNull();
});

test('a failed fetch is not tried again for a day, then once more', async () => {
  expect((await choose()).why).toContain('could not be fetched');
  expect((await choose()).why).toContain('within the last day');
  expect(fetches).toBe(1);
  const yesterday = Date.now() / 1000 - 25 * 3600;
  utimesSync(join(folder, '.clusterdeck-fetch-failed'), yesterday, yesterday);
  expect((await choose({}, install)).electron).toBe(binary());
  expect(existsSync(join(folder, '.clusterdeck-fetch-failed'))).toBe(false);
});

test('CLUSTERDECK_NO_FETCH=1 forbids the download', async () => {
  const { electron, why } = await choose({ CLUSTERDECK_NO_FETCH: '1' });
  expect([electron, fetches]).toEqual([null, 0]);
  expect(why).toContain('CLUSTERDECK_NO_FETCH');
});

test('without the package or without a built shell it is the browser', async () => {
  const env = { DISPLAY: ':0' };
  expect(await chooseProgram({ env, folder: null, shellPath })).toMatchObject({ electron: null });
  const nowhere = join(temp.path, 'none.js');
  expect(await chooseProgram({ env, folder, shellPath: nowhere })).toMatchObject({
    electron: null,
  });
});
