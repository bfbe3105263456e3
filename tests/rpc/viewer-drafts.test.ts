import { createServer } from 'node:net';
import { safe } from '@orpc/server';
import { expect, onTestFinished, test } from 'vitest';
import type { Client } from '#shared/contract/index';
import { openCore } from '#tests/support/core';

/** A port that only counts who comes. */
async function stranger() {
  let visits = 0;
  const server = createServer((socket) => {
    visits += 1;
    socket.destroy();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  return { port, visits: () => visits };
}

async function tested(client: Client, input: Parameters<Client['connection']['test']>[0]) {
  return safe(
    (async () => {
      const results = [];
      for await (const event of await client.connection.test(input)) results.push(event);
      return results;
    })(),
  );
}

test.each([
  { name: 'in viewer mode', viewer: true, readOnly: false },
  { name: 'on a read-only cluster', viewer: false, readOnly: true },
])('$name no stored secret is taken to another address', async ({ viewer, readOnly }) => {
  const { client } = await openCore();
  const { port, visits } = await stranger();
  const { uuid } = await client.clusters.create({
    clusterId: 'one',
    name: 'One',
    endpoints: [{ host: '127.0.0.1', port: 1, pin: null }],
    secret: 'pw of one',
    readOnly,
  });
  if (viewer) await client.access.setViewer({ viewer: true });
  const draft = {
    uuid,
    endpoints: [{ host: '127.0.0.1', port, pin: null }],
    authKind: 'password' as const,
    user: 'root@pam',
    tokenId: null,
    verify: 'off' as const,
  };
  expect((await tested(client, { draft })).error).toMatchObject({ code: 'READ_ONLY' });
  const storages = await safe<unknown, Error>(client.connection.storages({ draft }));
  expect(storages.error).toMatchObject({ code: 'READ_ONLY' });
  expect(visits()).toBe(0);
  // the stored cluster itself may be tested
  expect((await tested(client, { uuid })).error).toBeNull();
});
