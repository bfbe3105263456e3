import { chmodSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { isOpenToOthers, privateFolder, writeWhole } from '#agent/host/files';
import { takeLock } from '#agent/host/lock';
import { sweptFolder } from '#tests/support/temp-folder';

test('a file is written whole, for its owner alone, in folders made on the way', async () => {
  const folder = sweptFolder();
  const path = join(folder, 'a/b/key');
  await writeWhole(path, 'one');
  await writeWhole(path, 'two');
  expect(readFileSync(path, 'utf8')).toBe('two');
  expect(statSync(path).mode & 0o777).toBe(0o600);
  expect(readdirSync(join(folder, 'a/b'))).toEqual(['key']);
});

test('the mode asked for counts, whatever the umask', async () => {
  const before = process.umask(0o077);
  try {
    const path = join(sweptFolder(), 'unit');
    await writeWhole(path, 'x', { mode: 0o644 });
    expect(statSync(path).mode & 0o777).toBe(0o644);
  } finally {
    process.umask(before);
  }
});

test('what cannot be written leaves the old file and nothing else', async () => {
  const folder = sweptFolder();
  const path = join(folder, 'file');
  writeFileSync(path, 'old');
  // a folder in the place of the new file makes the last step fail
  await expect(writeWhole(folder, 'x')).rejects.toMatchObject({ code: 'EISDIR' });
  expect(readFileSync(path, 'utf8')).toBe('old');
  expect(readdirSync(folder)).toEqual(['file']);
});

test('a private folder is its owner’s alone, and openness is seen', async () => {
  const path = join(sweptFolder(), 'state');
  await privateFolder(path);
  expect(statSync(path).mode & 0o777).toBe(0o700);
  expect(await isOpenToOthers(path)).toBe(false);
  chmodSync(path, 0o710);
  expect(await isOpenToOthers(path)).toBe(true);
});

test('two agents never run on one state folder', () => {
  const path = join(sweptFolder(), 'agent.lock');
  const unlock = takeLock(path);
  expect(() => takeLock(path)).toThrow('A node agent runs on this state folder already.');
  unlock();
  takeLock(path)();
});
