import { defineConfig } from 'vitest/config';

const LAB = 'tests/lab/**/*.test.ts';

export default defineConfig({
  test: {
    environment: 'node',
    testTimeout: 20_000,
    hookTimeout: 60_000,
    // what is waited for may take its time on a loaded machine; it ends as soon as it holds
    expect: { poll: { timeout: 10_000 } },
    // files run beside each other, one process each: native modules and sockets stay apart
    pool: 'forks',
    maxWorkers: 2,
    projects: [
      {
        extends: true,
        test: { name: 'main', include: ['tests/**/*.test.ts'], exclude: [LAB] },
      },
      {
        extends: true,
        test: {
          name: 'lab',
          include: [LAB],
          // whole clusters, which mostly wait for their daemons: when nothing else runs
          sequence: { groupOrder: 1 },
          testTimeout: 90_000,
          hookTimeout: 120_000,
        },
      },
    ],
  },
});
