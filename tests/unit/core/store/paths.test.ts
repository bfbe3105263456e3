import { statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { preparePaths } from '#electron/core/local/paths';
import { sweptFolder } from '#tests/support/temp-folder';

test('a data folder that cannot be one is refused with a remedy that names it', () => {
  const folder = sweptFolder();
  const file = join(folder, 'notes.txt');
  writeFileSync(file, 'mine');
  expect(() => preparePaths(file)).toThrow(
    expect.objectContaining({
      code: 'STORE_BROKEN',
      data: expect.objectContaining({ remedy: expect.stringContaining(file) }),
    }),
  );
});

test.runIf(process.platform === 'linux')(
  'a folder that can never be made is refused at once',
  () => {
    expect(() => preparePaths('/proc/clusterdeck/data')).toThrow(
      expect.objectContaining({ code: 'STORE_BROKEN' }),
    );
  },
);

test('missing folders above the data folder are made, all for this user only', () => {
  const data = join(sweptFolder(), 'a', 'b');
  expect(preparePaths(data).logDir).toBe(join(data, 'logs'));
  expect(statSync(data).mode & 0o777).toBe(0o700);
});
