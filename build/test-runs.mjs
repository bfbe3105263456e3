import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { parseCLI } from 'vitest/node';

const BIN = join(import.meta.dirname, '..', 'node_modules', '.bin', 'vitest');
const REPORTER = join(import.meta.dirname, 'test-reporter.mjs');

/**
 * @typedef {{ path: string, ok: boolean, tests: { name: string, state: string }[] }} TestFile
 * @typedef {{ files: TestFile[], strays: number }} Report strays: errors that belong to no file
 * @typedef {{ passed: number, failed: number }} Count
 */

/**
 * Runs vitest, then each file that failed once more, alone: whole clusters and browsers run beside
 * each other, and a machine that is too busy must not be taken for a fault of the product. What a
 * file did in its last run counts, and nothing is counted twice.
 * @param {{ folder: string, args: readonly string[], stdio?: 'inherit' | 'ignore' }} run
 * @returns {Promise<Count & { second: string[] }>} second: what passed only in its second run
 */
export async function runTests({ folder, args, stdio = 'inherit' }) {
  const first = await vitest(folder, args, stdio);
  if (first === null) return { passed: 0, failed: 1, second: [] };
  // a worker that died or never came up is an error of no file; the file it had has not passed, and
  // decides in its second run
  const isBlamed = first.files.some(({ ok }) => !ok);
  const sum = { passed: 0, failed: isBlamed ? 0 : first.strays, second: [] };
  const add = ({ passed, failed }) => {
    sum.passed += passed;
    sum.failed += failed;
  };
  for (const file of first.files) {
    if (file.ok) {
      add(count(file));
      continue;
    }
    if (stdio === 'inherit') console.log(`\nOnce more, alone: ${relative(folder, file.path)}`);
    const again = await vitest(folder, [file.path, ...optionsOf(args)], stdio);
    const now = again?.files.find(({ path }) => path === file.path) ?? { ...file, tests: [] };
    add(count(now));
    sum.failed += again?.strays ?? 0;
    sum.second.push(...mended(file, now).map((name) => named(relative(folder, file.path), name)));
  }
  return sum;
}

/** @returns {Promise<Report | null>} null where vitest did not come to its end */
async function vitest(folder, args, stdio) {
  const temp = mkdtempSync(join(tmpdir(), 'clusterdeck-test-'));
  const report = join(temp, 'report.json');
  try {
    const words = ['run', '--reporter=default', `--reporter=${REPORTER}`, ...args];
    const env = { ...process.env, CLUSTERDECK_TEST_REPORT: report };
    const [code, signal] = await once(spawn(BIN, words, { cwd: folder, stdio, env }), 'exit');
    if (signal !== null) return null;
    const { files, strays } = JSON.parse(readFileSync(report, 'utf8'));
    files.sort((a, b) => (a.path < b.path ? -1 : 1));
    const isBlamed = strays > 0 || files.some(({ ok }) => !ok);
    // it may fail for what no file has done, as when there is nothing to run
    return { files, strays: code === 0 || isBlamed ? strays : 1 };
  } catch {
    return null;
  } finally {
    rmSync(temp, { recursive: true, force: true });
  }
}

/** @returns {Count} a file that cannot be loaded, or throws outside of its tests, failed too */
function count({ ok, tests }) {
  const of = (state) => tests.filter((test) => test.state === state).length;
  return { passed: of('passed'), failed: Math.max(of('failed'), ok ? 0 : 1) };
}

/** @returns {string[]} tests that failed first and pass now; '' for the file as a whole */
function mended(first, now) {
  const failed = first.tests.filter(({ state }) => state === 'failed');
  const passed = new Set(
    now.tests.filter(({ state }) => state === 'passed').map(({ name }) => name),
  );
  if (failed.length === 0) return now.ok ? [''] : [];
  return failed.map(({ name }) => name).filter((name) => passed.has(name));
}

const named = (file, test) => (test === '' ? file : `${file} > ${test}`);

/** The arguments without the files that were asked for. */
function optionsOf(args) {
  const { filter } = parseCLI(['vitest', 'run', ...args]);
  return args.filter((arg) => !filter.includes(arg));
}
