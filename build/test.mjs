// `npm test`: what the tests need, all checks, all tests; the last line counts both.
import { requireNode } from './node-version.mjs';

requireNode();
const { ensureBuilt, root } = await import('./builder.mjs');
const { check } = await import('./check.mjs');
const { ensureDebianPackages } = await import('./debian.mjs');
const { runTests } = await import('./test-runs.mjs');

const args = process.argv.slice(2);
if (!ensureDebianPackages()) process.exit(1);
await ensureBuilt();
const checks = args.length === 0 ? check() : { passed: 0, failed: 0 };
const tests = await runTests({ folder: root, args });
const failed = checks.failed + tests.failed;
if (tests.second.length > 0) {
  console.log(`Passed only in a second run, alone: ${tests.second.join('; ')}`);
}
console.log(`${checks.passed + tests.passed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;
