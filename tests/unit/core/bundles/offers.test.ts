import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { FileOffers } from '#electron/core/bundles/offers';
import { MAX_IMPORT_BYTES } from '#shared/contract/bundles';
import { sweptFolder } from '#tests/support/temp-folder';

/** A home folder with these files in it. */
function home(files: Record<string, string>) {
  const folder = sweptFolder();
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(join(folder, path, '..'), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
  return { folder, at: (path: string) => join(folder, path) };
}

test("a portal's clusters.json is found where people keep one, and nothing else is", async () => {
  const { folder } = home({
    'clusters.json': '[]',
    'portal/clusters.json': '[]',
    'portal/app/clusters.json': '[]',
    'portal/other.json': '[]',
    'empty/clusters.json/x': '',
  });
  const offers = new FileOffers([folder, join(folder, 'not-there')]);
  const list = await offers.list();
  expect(list.map(({ folder: where }) => where.slice(folder.length)).sort()).toEqual([
    '',
    '/portal',
  ]);
  expect(list[0]).toMatchObject({ origin: 'found', fileName: 'clusters.json', sizeBytes: 2 });
});

test('opened files come first, the latest on top, each under one id', async () => {
  const { folder, at } = home({ 'clusters.json': '[]', 'a.cdeck': 'a', 'b.cdeck': 'bb' });
  const offers = new FileOffers([folder]);
  const first = offers.add(at('a.cdeck'));
  const second = offers.add(at('b.cdeck'));
  expect(offers.add(at('a.cdeck'))).toBe(first);
  const list = await offers.list();
  expect(list.map(({ fileName, origin }) => `${fileName} ${origin}`)).toEqual([
    'a.cdeck opened',
    'b.cdeck opened',
    'clusters.json found',
  ]);
  expect(list[1]?.id).toBe(second);
  const { bytes, fileName } = await offers.read(second);
  expect([Buffer.from(bytes).toString(), fileName]).toEqual(['bb', 'b.cdeck']);
});

test('only what was offered can be read, and only while it is there and of a size', async () => {
  const { at } = home({ 'a.cdeck': 'a' });
  const offers = new FileOffers([]);
  await expect(offers.read('7f1c3b7e-0000-4000-8000-000000000000')).rejects.toMatchObject({
    code: 'NOT_FOUND',
  });
  const id = offers.add(at('a.cdeck'));
  writeFileSync(at('a.cdeck'), Buffer.alloc(MAX_IMPORT_BYTES + 1));
  await expect(offers.read(id)).rejects.toMatchObject({ code: 'FILE_UNKNOWN' });
  rmSync(at('a.cdeck'));
  expect(await offers.list()).toEqual([]);
  await expect(offers.read(id)).rejects.toMatchObject({ code: 'NOT_FOUND' });
});
