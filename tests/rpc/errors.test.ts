import { createRouterClient, isDefinedError, safe } from '@orpc/server';
import { expect, test } from 'vitest';
import { os } from '#electron/core/rpc/base';
import { fail } from '#shared/contract/errors';

const silent = { debug() {}, info() {}, warn() {}, error() {} };

test('an expected failure reaches the caller with its code, data and remedy', async () => {
  const client = createRouterClient(
    {
      list: os.clusters.list.handler(() => {
        throw fail('VAULT_LOCKED', { remedy: 'Unlock the keychain.' });
      }),
    },
    { context: { logger: silent } },
  );
  const { error } = await safe(client.list());
  expect(isDefinedError(error) && error.code).toBe('VAULT_LOCKED');
  expect(isDefinedError(error) && error.data).toEqual({ remedy: 'Unlock the keychain.' });
});

test('an unexpected failure is logged whole and crosses the wire without its text', async () => {
  const logged: unknown[] = [];
  const client = createRouterClient(
    {
      list: os.clusters.list.handler(() => {
        throw new Error('secret detail');
      }),
    },
    { context: { logger: { ...silent, error: (fields: object) => void logged.push(fields) } } },
  );
  const { error } = await safe(client.list());
  expect(String(error)).not.toContain('secret detail');
  expect(logged).toHaveLength(1);
});

test('a stream that fails midway fails with the typed code too', async () => {
  const uuid = '00000000-0000-4000-8000-000000000001';
  const client = createRouterClient(
    {
      watch: os.live.watch.handler(async function* () {
        yield { type: 'groups' as const, groups: [] };
        throw fail('TIMEOUT', { remedy: 'Try again.', cluster: uuid });
      }),
    },
    { context: { logger: silent } },
  );
  const seen: string[] = [];
  const { error } = await safe(
    (async () => {
      for await (const event of await client.watch()) seen.push(event.type);
    })(),
  );
  expect(seen).toEqual(['groups']);
  expect(error).toMatchObject({ code: 'TIMEOUT', data: { remedy: 'Try again.' } });
});
