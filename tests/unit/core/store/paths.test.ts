import { writeFileSync } from 'node:fs';
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
