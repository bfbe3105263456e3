import { createRouterClient, safe } from '@orpc/server';
import { afterEach, expect, test } from 'vitest';
import { composeCore } from '#electron/core/compose';
import type { Ports } from '#electron/core/ports';
import type { ClusterCreateInput } from '#shared/contract/clusters';
import { testPorts } from '#tests/support/ports';

const closers: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

async function open(ports: Ports = testPorts()) {
  const core = await composeCore(ports);
  closers.push(core.close);
  return { core, client: createRouterClient(core.router, { context: { logger: ports.logger } }) };
}

const lab = (clusterId: string, more: Partial<ClusterCreateInput> = {}): ClusterCreateInput => ({
  clusterId,
  name: `Lab ${clusterId}`,
  endpoints: [{ host: '10.0.0.5', port: 8006, pin: null }],
  secret: 'correct horse',
  ...more,
});

test('a new cluster has the documented defaults and never shows its secret', async () => {
  const { client } = await open();
  const made = await client.clusters.create(lab('one'));
  expect(made).toMatchObject({
    number: 1,
    kind: 'proxmox',
    user: 'root@pam',
    authKind: 'password',
    verify: 'pin',
    priority: 50,
    isActive: true,
    isDefault: false,
    allowVmDeployment: true,
    allowTemplateSync: true,
    allowIsoSync: true,
    autoShutdownEnabled: false,
    hasSecret: true,
    revision: 1,
  });
  expect(JSON.stringify(await client.clusters.list())).not.toContain('correct horse');
});

test('an entry is found by uuid, id and number, and an id of digits wins over a number', async () => {
  const { client } = await open();
  const first = await client.clusters.create(lab('one'));
  const digits = await client.clusters.create(lab('1'));
  expect((await client.clusters.get({ ref: first.uuid })).uuid).toBe(first.uuid);
  expect((await client.clusters.get({ ref: '1' })).uuid).toBe(digits.uuid);
  expect((await client.clusters.get({ ref: '2' })).uuid).toBe(digits.uuid);
  const { error } = await safe(client.clusters.get({ ref: 'nowhere' }));
  expect(error).toMatchObject({ code: 'NOT_FOUND' });
});
