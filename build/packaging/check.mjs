import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { getRawHeader, listPackage } from '@electron/asar';
import { FuseState, FuseV1Options, getCurrentFuseWire } from '@electron/fuses';
import { FUSES } from './config.mjs';

const NEEDED = [
  '/package.json',
  '/dist/node/shell.js',
  '/dist/preload/preload.cjs',
  '/dist/renderer/index.html',
  '/build/icons/256x256.png',
  '/node_modules/better-sqlite3/package.json',
  '/node_modules/@napi-rs/keyring/package.json',
];
const FORBIDDEN = [
  [/\.(ts|tsx|map)$|^\/(tests|electron|renderer|shared|agent|docs)\//, 'sources'],
  [/\/node_modules\/(node-linux|node-addon-api|electron|vite|typescript)/, 'build tools'],
  [/better-sqlite3\/(src|deps)\//, 'C sources of SQLite'],
  [/\.(db|log|pem|key)$/, 'data'],
];
const NATIVES = ['better-sqlite3', 'keyring'];

/** @returns one line per finding about the asar; those that do not hold have `ok: false` */
export function checkAsar(resources) {
  const asar = join(resources, 'app.asar');
  const files = listPackage(asar, { isPack: false }).map((file) => file.replaceAll('\\', '/'));
  const missing = NEEDED.filter((file) => !files.includes(file));
  const natives = files.filter((file) => file.endsWith('.node'));
  const lacking = NATIVES.filter((name) => !natives.some((file) => file.includes(name)));
  const packed = natives.filter((file) => !isUnpacked(asar, file));
  const absent = natives.filter((file) => !existsSync(join(`${asar}.unpacked`, file)));
  const prebuilds = natives.filter((file) => file.includes('/prebuilds/'));
  return [
    finding(
      missing.length === 0,
      `holds what the program needs in ${files.length} entries`,
      missing,
    ),
    ...FORBIDDEN.map(([pattern, what]) => {
      const found = files.filter((file) => pattern.test(file));
      return finding(found.length === 0, `holds no ${what}`, found.slice(0, 3));
    }),
    finding(
      lacking.length === 0 && packed.length === 0 && absent.length === 0,
      `keeps ${natives.length} native modules outside`,
      [...lacking.map((name) => `no ${name}`), ...packed, ...absent],
    ),
    finding(prebuilds.length === 1, 'brings SQLite for this platform alone', prebuilds),
  ];
}

/** @returns one line per fuse, read back from the packaged executable */
export async function checkFuses(executable) {
  const wire = await getCurrentFuseWire(executable);
  return Object.entries(FUSES).map(([name, wanted]) => {
    const state = wire[FuseV1Options[name[0].toUpperCase() + name.slice(1)]];
    const is = state === FuseState.ENABLE ? 'on' : state === FuseState.DISABLE ? 'off' : 'unknown';
    return finding(is === (wanted ? 'on' : 'off'), `${name} is ${is}`, []);
  });
}

function isUnpacked(asar, file) {
  let entry = getRawHeader(asar).header;
  for (const name of file.split('/').filter((part) => part !== '')) entry = entry?.files?.[name];
  return entry?.unpacked === true;
}

const finding = (ok, text, details) => ({
  ok,
  text: ok || details.length === 0 ? text : `${text}: ${details.join(', ')}`,
});
