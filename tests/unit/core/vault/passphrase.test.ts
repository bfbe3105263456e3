import { expect, test } from 'vitest';
import { AttemptLimiter, unwrapKey, wrapKey } from '#electron/core/vault/passphrase';
import { newKey } from '#electron/core/vault/seal';
import { FakeClock } from '#tests/support/fake-clock';

test('the key opens with its passphrase alone, typed in any Unicode form', async () => {
  const key = newKey();
  const kept = await wrapKey('id', key, 'caf\u00e9 au lait', { N: 1024, r: 8, p: 1 });
  expect(await unwrapKey('id', kept, 'cafe\u0301 au lait')).toEqual(key);
  await expect(unwrapKey('id', kept, 'cafe au lait')).rejects.toMatchObject({
    code: 'PASSPHRASE_WRONG',
  });
  await expect(unwrapKey('other', kept, 'caf\u00e9 au lait')).rejects.toMatchObject({
    code: 'PASSPHRASE_WRONG',
  });
  expect(kept).not.toContain(key.toString('base64'));
});

test('guessing costs 128 MiB of scrypt each time', async () => {
  const { N, r } = JSON.parse(await wrapKey('id', newKey(), 'long enough'));
  expect(128 * N * r).toBeGreaterThanOrEqual(128 * 1024 ** 2);
});

test.each(['', '{}', 'no json', '{"kdf":"scrypt","N":1e12,"r":8,"p":1,"salt":"","sealed":""}'])(
  'a damaged form is said to be damaged: %s',
  async (kept) => {
    await expect(unwrapKey('id', kept, 'long enough')).rejects.toMatchObject({
      code: 'VAULT_UNAVAILABLE',
    });
  },
);

test('after three wrong passphrases each further one doubles the wait, up to a minute', () => {
  const clock = new FakeClock();
  const limiter = new AttemptLimiter(clock);
  for (let n = 0; n < 3; n += 1) {
    limiter.check();
    limiter.wrong();
  }
  expect(() => limiter.check()).toThrow(expect.objectContaining({ code: 'VAULT_LOCKED' }));
  clock.advance(1000);
  limiter.check();
  limiter.wrong();
  clock.advance(1999);
  expect(() => limiter.check()).toThrow(expect.objectContaining({ code: 'VAULT_LOCKED' }));
  for (let n = 0; n < 20; n += 1) limiter.wrong();
  clock.advance(60_000);
  limiter.check();
  limiter.right();
  limiter.wrong();
  limiter.check();
});
