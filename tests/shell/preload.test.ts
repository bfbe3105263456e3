import { readFileSync } from 'node:fs';
import { builtinModules } from 'node:module';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { ensureBuilt, root } from '../../build/builder.mjs';

const read = (...path: string[]) => readFileSync(join(root, ...path), 'utf8');

beforeAll(ensureBuilt);

test('the built preload, which runs sandboxed, requires electron and nothing else', () => {
  const built = read('dist', 'preload', 'preload.cjs');
  const required = [...built.matchAll(/require\(([^)]*)\)|\bimport\b\s*\(?/g)].map(
    ([text]) => text,
  );
  expect(required).toEqual(['require("electron")']);
});

test('it stays a bridge: at most 40 lines', () => {
  expect(read('electron', 'preload', 'preload.ts').trimEnd().split('\n').length).toBeLessThan(41);
});

test('the built main process imports only electron, Node and the two native modules', () => {
  const built = read('dist', 'node', 'shell.js');
  const imported = [...built.matchAll(/^import .*?["']([^"'.][^"']*)["'];$/gm)].map(
    ([, name]) => name,
  );
  const allowed = new Set([
    'electron',
    'better-sqlite3',
    '@napi-rs/keyring',
    ...builtinModules.flatMap((name) => [name, `node:${name}`]),
  ]);
  expect(imported).toContain('electron');
  expect(imported.filter((name) => name === undefined || !allowed.has(name))).toEqual([]);
});
