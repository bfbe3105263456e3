import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { composeCore } from '#electron/core/compose';
import { testPorts } from '#tests/support/ports';

test('a deck that cannot be built leaves no open store behind', async () => {
  const broken = {
    asleep: false,
    onChange: () => {
      throw new Error('no power events here');
    },
  };
  const ports = testPorts({ power: broken });
  await expect(composeCore(ports)).rejects.toThrow('no power events here');
  const file = join(ports.paths.dataDir, 'clusterdeck.db');
  expect(existsSync(file)).toBe(true);
  // SQLite takes its log away with the last connection
  expect(existsSync(`${file}-wal`)).toBe(false);
});
