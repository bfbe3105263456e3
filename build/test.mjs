// `npm test`: what the tests need, all checks, all tests; the last line counts both.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { requireNode } from './node-version.mjs';

requireNode();
const { ensureBuilt, root } = await import('./builder.mjs');
const { check } = await import('./check.mjs');
const { ensureDebianPackages } = await import('./debian.mjs');

/** Runs vitest with the given arguments and reads its own count. */
function vitest(args) {
  const folder = mkdtempSync(join(tmpdir(), 'clusterdeck-test-'));
  const report = join(folder, 'report.json');
  const run = spawnSync(
    join(root, 'node_modules', '.bin', 'vitest'),
    ['run', '--reporter=default', '--reporter=json', `--outputFile.json=${report}`, ...args],
    { cwd: root, stdio: 'inherit' },
  );
  try {
    const { numPassedTests, numFailedTests } = JSON.parse(readFileSync(report, 'utf8'));
    // a file that cannot even be loaded fails the run without a failed test
    const failed = run.status === 0 ? numFailedTests : Math.max(1, numFailedTests);
    return { passed: numPassedTests, failed };
  } catch {
    return { passed: 0, failed: 1 };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const args = process.argv.slice(2);
if (!ensureDebianPackages()) process.exit(1);
await ensureBuilt();
const results = [args.length === 0 ? check() : { passed: 0, failed: 0 }, vitest(args)];
const passed = results.reduce((sum, result) => sum + result.passed, 0);
const failed = results.reduce((sum, result) => sum + result.failed, 0);
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;
