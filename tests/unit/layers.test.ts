import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';

const root = process.cwd();
let house: string;

beforeAll(() => {
  house = mkdtempSync(join(tmpdir(), 'clusterdeck-layers-'));
  const config = {
    jsPlugins: [join(root, 'build/lint/layers.js')],
    categories: { correctness: 'off' },
    rules: { 'house/layers': 'error' },
  };
  writeFileSync(join(house, '.oxlintrc.json'), JSON.stringify(config));
});
afterAll(() => rmSync(house, { recursive: true }));

/** Lints one file that stands at `path` in an otherwise empty house. */
function lint(path: string, source: string): string {
  const file = join(house, path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, source);
  const run = spawnSync(join(root, 'node_modules/.bin/oxlint'), [path], {
    cwd: house,
    encoding: 'utf8',
  });
  rmSync(file);
  // on some machines it paints also what nobody sees
  const told = stripVTControlCharacters(run.stdout);
  return run.status === 0 ? 'allowed' : (/house\(layers\): (.*)/.exec(told)?.[1] ?? told);
}

test.each([
  ['shared/domain/a.ts', '#shared/contract/index', 'domain must not import contract.'],
  ['shared/contract/a.ts', 'node:fs', 'contract runs anywhere: no Node modules.'],
  ['electron/core/a.ts', '../shell/main', 'core must not import shell.'],
  ['electron/core/a.ts', '#electron/demo/lab', 'core must not import demo.'],
  [
    'electron/browser-host/a.ts',
    'electron',
    'Only electron/shell and electron/preload import electron.',
  ],
  ['renderer/app/a.tsx', '#electron/core/compose', 'renderer must not import core.'],
  ['agent/a.ts', '#electron/core/events', 'agent must not import core.'],
  ['electron/cli/a.ts', '#tests/support/pve', 'cli must not import tests.'],
])('%s may not import %s', (path, specifier, message) => {
  expect(lint(path, `import '${specifier}';\n`)).toBe(message);
  expect(lint(path, `export const later = () => import('${specifier}');\n`)).toBe(message);
});

test.each([
  ['shared/contract/a.ts', '../domain/host'],
  ['electron/core/a.ts', '#shared/contract/index'],
  ['electron/cli/a.ts', '#electron/demo/lab'],
  ['electron/shell/a.ts', 'electron'],
  ['renderer/features/a.ts', '#shared/domain/units'],
])('%s may import %s', (path, specifier) => {
  expect(lint(path, `import '${specifier}';\n`)).toBe('allowed');
});
