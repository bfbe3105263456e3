// A reporter for vitest: notes what `npm test` counts, also errors that belong to no test, which
// vitest's own JSON leaves out.
import { writeFileSync } from 'node:fs';

export default class {
  /**
   * @param {readonly import('vitest/node').TestModule[]} modules
   * @param {readonly { VITEST_TEST_PATH?: string }[]} errors thrown outside of any test
   */
  onTestRunEnd(modules, errors) {
    const files = modules.map((module) => {
      const tests = [...module.children.allTests()].map((test) => ({
        name: test.fullName,
        state: test.result().state,
      }));
      const thrown = errors.some((error) => error.VITEST_TEST_PATH === module.moduleId);
      const ok = !thrown && ['passed', 'skipped'].includes(module.state());
      return { path: module.moduleId, ok, tests };
    });
    const known = new Set(files.map(({ path }) => path));
    const strays = errors.filter((error) => !known.has(error.VITEST_TEST_PATH ?? '')).length;
    writeFileSync(process.env.CLUSTERDECK_TEST_REPORT, JSON.stringify({ files, strays }));
  }
}
