import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const LICENCE_FILE = /^(licen[cs]e|notice|copying)([-.].*)?$/i;

/**
 * The licences of everything that was bundled, as the bundle's own map of sources tells.
 * @param {string} root of the project
 * @param {string} map path of the source map
 * @returns {{ text: string, packages: string[] }}
 */
export function noticesOf(root, map) {
  const { sources } = JSON.parse(readFileSync(map, 'utf8'));
  const folders = new Set(
    sources.flatMap(
      (source) =>
        source.match(/node_modules\/(?:.*\/node_modules\/)?(?:@[^/]+\/)?[^/]+/)?.[0] ?? [],
    ),
  );
  const entries = [...folders]
    .toSorted((a, b) => a.localeCompare(b))
    .map((folder) => noticeOf(join(root, folder)));
  const text = entries
    .map(({ name, version, license, texts }) =>
      [`${name} ${version} (${license})`, ...texts].join('\n\n'),
    )
    .join(`\n\n${'-'.repeat(78)}\n\n`);
  return {
    text: `The node agent contains these packages, unchanged:\n\n${text}\n`,
    packages: entries.map(({ name }) => name),
  };
}

function noticeOf(folder) {
  const manifest = join(folder, 'package.json');
  if (!existsSync(manifest)) throw new Error(`${folder} was bundled and is no package`);
  const { name, version, license = 'see its licence' } = JSON.parse(readFileSync(manifest, 'utf8'));
  const texts = readdirSync(folder)
    .filter((file) => LICENCE_FILE.test(file))
    .map((file) => readFileSync(join(folder, file), 'utf8').trim());
  return { name, version, license, texts };
}
