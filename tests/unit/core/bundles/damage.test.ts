import { armor, Encrypter, Stanza } from 'age-encryption';
import fc from 'fast-check';
import { beforeAll, expect, test } from 'vitest';
import type { Keys } from '#electron/core/bundles/keys';
import { Progress } from '#electron/core/bundles/progress';
import { PassphraseRecipient } from '#electron/core/bundles/scrypt-stanza';
import { readSource } from '#electron/core/bundles/source';
import { Failure } from '#shared/contract/errors';
import { ageKeys, document, entry } from '#tests/support/bundles';
import { stillClock } from '#tests/support/store';

const SECRET = 'never-told-0815';
const TEXT = document([entry('one'), entry('two')], { secrets: { one: SECRET } });
const progress = new Progress(stillClock, async () => undefined);
let keys: { identity: string; recipient: string };
let file: Uint8Array;

beforeAll(async () => {
  keys = await ageKeys();
  file = await encrypted(TEXT);
});

function encrypted(text: string | Uint8Array): Promise<Uint8Array> {
  const encrypter = new Encrypter();
  encrypter.addRecipient(keys.recipient);
  return encrypter.encrypt(text);
}

const read = (bytes: Uint8Array | string, opening: Keys = {}, fileName = 'lab.cdeck') =>
  readSource(Buffer.from(bytes), fileName, { identity: keys.identity, ...opening }, progress);

/** The failure, which must be an expected one with a remedy and with nothing of the content in it. */
async function refusal(reading: Promise<unknown>): Promise<Failure> {
  const error = await reading.then(
    () => new Error('it was read'),
    (reason: unknown) => reason,
  );
  if (!(error instanceof Failure)) throw error;
  expect(error.data.remedy).not.toBe('');
  expect(JSON.stringify(error.view())).not.toContain(SECRET);
  return error;
}

test('a bundle cut off anywhere is damaged', async () => {
  await fc.assert(
    fc.asyncProperty(fc.nat(file.length - 1), async (length) => {
      expect((await refusal(read(file.subarray(0, length)))).code).toBe('FILE_DAMAGED');
    }),
    { examples: [[0], [18], [19], [20], [21], [22], [file.length - 1]] },
  );
});

test('a bundle with any one bit turned is never read', async () => {
  await fc.assert(
    fc.asyncProperty(fc.nat(file.length - 1), fc.nat(7), async (at, bit) => {
      const altered = Uint8Array.from(file);
      altered[at] = (altered[at] ?? 0) ^ (1 << bit);
      const { code } = await refusal(read(altered));
      expect(['FILE_DAMAGED', 'FILE_NEWER', 'IDENTITY_NEEDED']).toContain(code);
    }),
  );
  const last = Uint8Array.from(file);
  last[last.length - 1] = (last.at(-1) ?? 0) ^ 1;
  expect((await refusal(read(last))).code).toBe('FILE_DAMAGED');
});

test('what follows the end is noticed too', async () => {
  expect((await refusal(read(Buffer.concat([file, file])))).code).toBe('FILE_DAMAGED');
});

test('an armored bundle opens as well, and a cut one is damaged', async () => {
  const text = armor.encode(file);
  expect((await read(text)).candidates).toHaveLength(2);
  expect((await refusal(read(text.slice(0, -40)))).code).toBe('FILE_DAMAGED');
});

test('a passphrase that is missing or wrong is told from damage, and guessing cannot cost a gigabyte more', async () => {
  const encrypter = new Encrypter();
  encrypter.addRecipient(new PassphraseRecipient('right', progress, 10));
  const sealed = await encrypter.encrypt(TEXT);
  expect((await read(sealed, { passphrase: 'right' })).candidates).toHaveLength(2);
  expect((await refusal(read(sealed))).code).toBe('PASSPHRASE_NEEDED');
  expect((await refusal(read(sealed, { passphrase: 'wrong' }))).code).toBe('PASSPHRASE_WRONG');
  const costly = Buffer.from(
    Buffer.from(sealed).toString('latin1').replace(/ 10\n/, ' 21\n'),
    'latin1',
  );
  const { code, data } = await refusal(read(costly, { passphrase: 'right' }));
  expect([code, data.remedy]).toEqual(['FILE_UNKNOWN', expect.stringContaining('2048 MB')]);
  const cut = sealed.subarray(0, sealed.length - 1);
  expect((await refusal(read(cut, { passphrase: 'right' }))).code).toBe('FILE_DAMAGED');
});

test('a bundle for others says so, and whose identity it was not', async () => {
  const other = await ageKeys();
  const nobody = await refusal(read(file, { identity: undefined }));
  expect(nobody).toMatchObject({ code: 'IDENTITY_NEEDED', data: { field: 'identity' } });
  const wrong = await refusal(read(file, { identity: `# created today\n${other.identity}\n` }));
  expect(wrong.code).toBe('IDENTITY_NEEDED');
  expect(wrong.data.remedy).toContain('None of these');
  const noKey = await refusal(read(file, { identity: 'AGE-SECRET-KEY-1NONSENSE' }));
  expect(noKey).toMatchObject({ code: 'INVALID_INPUT', data: { field: 'identity' } });
  const both = { identity: `# mine\n${other.identity}\n${keys.identity}\n` };
  expect((await read(file, both)).candidates).toHaveLength(2);
});

test('a stanza of a kind nobody knows is for others', async () => {
  const encrypter = new Encrypter();
  encrypter.addRecipient({ wrapFileKey: () => [new Stanza(['tpm', 'x'], new Uint8Array(32))] });
  expect((await refusal(read(await encrypter.encrypt(TEXT)))).code).toBe('IDENTITY_NEEDED');
});

test.each<[string, string, string]>([
  ['a newer version', document([entry('one')], { version: 2 }), 'FILE_NEWER'],
  ['counts that do not fit', TEXT.replace('"clusters":2', '"clusters":3'), 'FILE_DAMAGED'],
  ['no manifest', '{"format":"clusterdeck-bundle","version":1}', 'FILE_DAMAGED'],
  ['another document', '{"hello":1}', 'FILE_UNKNOWN'],
  ['no JSON', 'hello', 'FILE_DAMAGED'],
  ['compressed bytes', '\u001f\u008b\b\u0000', 'FILE_DAMAGED'],
  ['an empty text', '', 'FILE_DAMAGED'],
  ['a list of half an entry', '[{"id":"one"', 'FILE_DAMAGED'],
])('%s inside of a bundle is refused', async (_name, text, code) => {
  expect((await refusal(read(await encrypted(text)))).code).toBe(code);
});

test.each<[string, string | Uint8Array, string]>([
  ['an empty file', '', 'FILE_UNKNOWN'],
  ['a picture', Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0, 0), 'FILE_UNKNOWN'],
  ['an object', '{"clusters":[]}', 'FILE_UNKNOWN'],
  ['half a list', `[{"id":"one","password":"${SECRET}"`, 'FILE_DAMAGED'],
  [
    'bytes that are no text',
    Buffer.concat([Buffer.from('["'), Buffer.of(0xff), Buffer.from('"]')]),
    'FILE_DAMAGED',
  ],
  ['an encryption of the future', 'age-encryption.org/v2\n-> X25519 a\n', 'FILE_NEWER'],
])('%s is refused with its own sentence', async (_name, content, code) => {
  expect((await refusal(read(content, {}, 'clusters.json'))).code).toBe(code);
});

test.each<[string, string]>([
  ['brackets in brackets', '['.repeat(4_000_000)],
  ['objects in objects', '{"a":'.repeat(1_000_000)],
  ['millions of empty lists', `[${'[],'.repeat(4_100_000)}[]]`],
  ['millions of zeros', `[${'0,'.repeat(4_100_000)}0]`],
])('%s are refused before they become a heap', async (_name, text) => {
  const before = process.memoryUsage().heapUsed;
  expect((await refusal(read(text, {}, 'clusters.json'))).code).toBe('FILE_DAMAGED');
  expect(process.memoryUsage().heapUsed - before).toBeLessThan(200_000_000);
});

test('brackets inside of texts count for nothing', async () => {
  const name = `\\"${'[{'.repeat(30)}`;
  const { candidates } = await read(document([entry('one', { name })]));
  expect(candidates[0]?.name).toBe(name);
});

test('ten thousand entries are read, one more is not', async () => {
  const many = (count: number) => document(Array.from({ length: count }, (_, n) => entry(`c${n}`)));
  expect((await read(many(10_000))).candidates).toHaveLength(10_000);
  const { code, data } = await refusal(read(many(10_001)));
  expect([code, data.remedy]).toEqual(['FILE_UNKNOWN', expect.stringContaining('10000')]);
});
