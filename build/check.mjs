// `npm run check`: types, lint with layer rules, format, unused code. Every step runs, so that one
// call shows all that is wrong.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { requireNode } from './node-version.mjs';

requireNode();
const root = join(import.meta.dirname, '..');
const bin = (name) => join(root, 'node_modules', '.bin', name);

/** @type {[name: string, command: string, args: string[]][]} */
const STEPS = [
  ['types: core, agent, build, tests', 'tsc', ['-p', 'tsconfig.json']],
  ['types: shared runs anywhere', 'tsc', ['-p', 'shared/tsconfig.json']],
  ['types: renderer', 'tsc', ['-p', 'renderer/tsconfig.json']],
  ['types: tests of the screens', 'tsc', ['-p', 'tests/e2e/tsconfig.json']],
  ['lint with layer rules', 'oxlint', ['--type-aware', '--deny-warnings']],
  ['format', 'biome', ['ci', '--colors=off']],
  ['unused code', 'knip', []],
];

/** Runs all steps and prints one line each; the output of a failed one follows its line. */
export function check() {
  const result = { passed: 0, failed: 0 };
  for (const [name, command, args] of STEPS) {
    const started = performance.now();
    const run = spawnSync(bin(command), args, { cwd: root, encoding: 'utf8' });
    const ok = run.status === 0;
    result[ok ? 'passed' : 'failed'] += 1;
    const seconds = ((performance.now() - started) / 1000).toFixed(1);
    console.log(`${ok ? 'ok    ' : 'FAILED'}  ${name} (${seconds} s)`);
    if (!ok) console.log(`${run.stdout ?? ''}${run.stderr ?? ''}${run.error?.message ?? ''}`);
  }
  return result;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  process.exitCode = check().failed === 0 ? 0 : 1;
}
