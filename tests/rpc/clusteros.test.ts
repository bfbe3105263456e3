import { expect, test } from 'vitest';
import type { DemoClusterOs } from '#electron/demo/clusteros/cluster';
import type { TestResult } from '#shared/contract/connection';
import type { Client } from '#shared/contract/index';
import type { Operation } from '#shared/contract/operations';
import { type Deck, hear, withDeck } from '#tests/support/deck';
import { withLab } from '#tests/support/pve';

/** A deck with one or two ClusterOS clusters whose agents are real. */
async function clusterosDeck(clusteros = 1) {
  const lab = await withLab({ clusters: 0, clusteros });
  const deck = await withDeck(lab);
  const [forge] = lab.clusteros;
  if (forge === undefined) throw new Error('no cluster');
  return { ...deck, lab, forge, forgeUuid: await deck.uuid('forge') };
}

/** What is known after a look. */
async function looked({ client }: Pick<Deck, 'client'>, cluster: string) {
  await client.inventory.poll({ cluster });
  const [known] = await client.inventory.query({ cluster });
  if (known === undefined) throw new Error('not known');
  return known;
}

async function tested(
  client: Client,
  input: Parameters<Client['connection']['test']>[0],
): Promise<TestResult> {
  for await (const event of await client.connection.test(input)) {
    if (event.type === 'done') return event.result;
  }
  throw new Error('no verdict');
}

async function ended(client: Client, id: string): Promise<Operation> {
  await expect
    .poll(() => client.operations.get({ id }), { timeout: 20_000 })
    .not.toMatchObject({
      state: 'running',
    });
  return await client.operations.get({ id });
}

const draftOf = (forge: DemoClusterOs, changes: { secret?: string; pin?: string | null } = {}) => {
  const [door] = forge.endpoints;
  const { pin = door?.fingerprint ?? null, secret = forge.token('operator') } = changes;
  return {
    kind: 'clusteros' as const,
    endpoints: [{ host: '127.0.0.1', port: door?.port ?? 0, pin }],
    authKind: 'token' as const,
    user: '',
    tokenId: null,
    verify: 'pin' as const,
    secret,
  };
};

test('a cluster is one request a look, with all that its agents know', async () => {
  const deck = await clusterosDeck();
  const known = await looked(deck, 'forge');
  const { live, nodes, members, jobs, pods, services, partitions } = known;
  expect(live).toMatchObject({
    state: 'active',
    failure: null,
    clusterName: 'forge',
    version: '0.1.0',
    stale: false,
    clusteros: { rights: 'admin', state: 'ok', drained: 1 },
    totals: { nodes: { online: 5, offline: 0, unknown: 0 } },
  });
  expect(nodes.map(({ node }) => node).sort()).toEqual(
    deck.forge.nodes.map(({ spec }) => spec.name),
  );
  expect(nodes.every(({ maxMem, maxCpu }) => maxMem !== null && maxCpu !== null)).toBe(true);
  expect(members.find(({ node }) => node === 'forge-5')).toMatchObject({
    id: 'member/forge-5',
    drain: 'drained',
    drainReason: 'DIMM B2 throws ECC errors, spare ordered',
    lastSeen: null,
    authenticated: true,
  });
  const running = jobs.filter(({ state }) => state === 'RUNNING');
  expect(running.length).toBe(live.clusteros?.jobs.running);
  for (const { startedAt, nodes: where } of running) {
    expect(startedAt).toBeLessThanOrEqual(Date.now());
    expect(where.length).toBeGreaterThan(0);
  }
  const waiting = jobs.filter(({ state }) => state === 'PENDING');
  expect(waiting.every(({ startedAt, reason }) => startedAt === null && reason !== '')).toBe(true);
  expect(pods.length).toBeGreaterThan(0);
  expect(partitions.filter(({ isDefault }) => isDefault)).toHaveLength(1);
  expect(services.length).toBeGreaterThan(0);
  expect(live.callsPerMinute).toBe(2);
});

test('the card has its lines at once: the desk takes what the agents measured before', async () => {
  const deck = await clusterosDeck();
  const { live } = await looked(deck, 'forge');
  const measured = (line: (number | null)[]) => line.filter((value) => value !== null);
  expect(measured(live.spark.cpu).length).toBeGreaterThan(50);
  expect(measured(live.spark.memory).every((value) => value > 0 && value <= 1)).toBe(true);
  const { charts } = await deck.client.charts.get({
    uuid: deck.forgeUuid,
    target: { kind: 'cluster' },
    timeframe: 'day',
  });
  expect(charts.map(({ id }) => id)).toEqual(['cpu', 'memory', 'jobs', 'storage']);
  expect(charts[0]?.series.map(({ key }) => key)).toContain('forge-2');
  expect(charts[2]?.series[0]?.values.filter((value) => value !== null).length).toBeGreaterThan(80);
  const node = await deck.client.charts.get({
    uuid: deck.forgeUuid,
    target: { kind: 'node', node: 'forge-2' },
    timeframe: 'hour',
  });
  expect(node.charts.map(({ id }) => id)).toEqual(['cpu', 'memory', 'disk']);
  const absent = deck.client.charts.get({
    uuid: deck.forgeUuid,
    target: { kind: 'node', node: 'nobody' },
    timeframe: 'hour',
  });
  await expect(absent).rejects.toMatchObject({ code: 'NOT_FOUND' });
});

test('what changes in the cluster reaches a window before the next poll is due', async () => {
  const deck = await clusterosDeck();
  await deck.client.settings.update({ pollSeenS: 60 });
  deck.core.start();
  const events = (await deck.client.live.watch())[Symbol.asyncIterator]();
  await hear(events, (event) => event.type === 'live' && event.upserts[0]?.state === 'active');
  // one look tells everything; whatever comes now came by the events
  await deck.forge.powerOff('forge-4');
  const heard = await hear(
    events,
    (event) =>
      event.type === 'inventory' &&
      event.delta.members.upserts.some(
        ({ node, status }) => node === 'forge-4' && status === 'failed',
      ),
    30_000,
  );
  expect(heard.length).toBeGreaterThan(0);
  await events.return?.();
});

test('the stages of a test tell token, role, version, nodes and state', async () => {
  const { client, forge, forgeUuid } = await clusterosDeck();
  const stored = await tested(client, { uuid: forgeUuid });
  expect(stored.stages.filter(({ state }) => state === 'passed').map(({ name }) => name)).toEqual([
    'name resolution',
    'tcp',
    'tls',
    'authentication',
    'permissions',
    'version',
    'nodes',
    'quorum',
  ]);
  expect(stored).toMatchObject({ ok: true, nodes: 5, version: '0.1.0' });
  expect(stored.message).toBe('ClusterOS cluster forge with 5 nodes, agent 0.1.0.');
  expect(stored.stages[4]?.detail).toContain('admin');

  const viewer = await tested(client, { draft: draftOf(forge, { secret: forge.token('viewer') }) });
  expect([viewer.ok, viewer.stages[4]?.detail]).toEqual([true, 'viewer: may look']);
});

test.each([
  ['a wrong token', { secret: 'cdk_none_none' }, 'authentication', 'AUTH_FAILED'],
  ['a token that is none', { secret: 'two words' }, 'authentication', 'AUTH_FAILED'],
  ['a certificate nobody trusted', { pin: null }, 'tls', 'TLS_UNTRUSTED'],
  ['another certificate', { pin: Array(32).fill('AA').join(':') }, 'tls', 'TLS_CHANGED'],
])('%s stops the test where it belongs, with a remedy', async (_what, changes, name, code) => {
  const { client, forge } = await clusterosDeck();
  const result = await tested(client, { draft: draftOf(forge, changes) });
  const failed = result.stages.find(({ state }) => state === 'failed');
  expect([result.ok, failed?.name, failed?.code]).toEqual([false, name, code]);
  expect(failed?.remedy).toBeTruthy();
});

test('a Proxmox server is told from a node agent', async () => {
  const lab = await withLab({ clusters: 1, clusteros: 1 });
  const { client } = await withDeck();
  const [forge] = lab.clusteros;
  const [door] = lab.clusters[0]?.endpoints ?? [];
  if (forge === undefined || door === undefined) throw new Error('no lab');
  const { host, port, fingerprint: pin } = door;
  const result = await tested(client, {
    draft: { ...draftOf(forge), endpoints: [{ host, port, pin }] },
  });
  const failed = result.stages.find(({ state }) => state === 'failed');
  expect([failed?.name, failed?.code]).toEqual(['authentication', 'NOT_AGENT']);
  expect(failed?.remedy).toContain('9090');
});

test('further members are offered with the fingerprints they proved', async () => {
  const { client, forge, forgeUuid } = await clusterosDeck();
  const { endpoints, revision } = await client.clusters.get({ ref: 'forge' });
  const changes = { endpoints: endpoints.slice(0, 1) };
  await client.clusters.update({ uuid: forgeUuid, revision, changes });
  const found = await client.connection.siblings({ uuid: forgeUuid });
  expect(found.map(({ node, pin }) => [node, pin])).toEqual(
    forge.endpoints.slice(1).map(({ node, fingerprint }) => [node, fingerprint]),
  );
  expect(await client.connection.rights({ uuid: forgeUuid })).toEqual([
    { action: 'slurm', privilege: 'operator', held: true, except: [] },
  ]);
});

test('the next agent answers when the first one is gone', async () => {
  const deck = await clusterosDeck();
  const first = (await looked(deck, 'forge')).live.endpoint;
  await deck.forge.powerOff('forge-1');
  await expect
    .poll(async () => (await looked(deck, 'forge')).live.totals?.nodes.offline, { timeout: 20_000 })
    .toBe(1);
  const { live, members } = await looked(deck, 'forge');
  expect(live.state).toBe('active');
  expect(live.endpoint).not.toBe(first);
  expect(live.problems.some(({ node }) => node === 'forge-1')).toBe(true);
  expect(members.find(({ node }) => node === 'forge-1')?.lastSeen).toBeGreaterThan(0);
});

test('nodes are drained and resumed, each once, and the audit tells it', async () => {
  const deck = await clusterosDeck();
  const { client, forgeUuid: uuid } = deck;
  const items = ['forge-2', 'forge-3'].map((node) => ({ uuid, id: `node/${node}` }));
  const ordered = await client.agents.act({ action: 'drain', items, reason: 'new fans' });
  expect(ordered).toMatchObject({ kind: 'slurmAction', action: 'drain', title: 'Drain 2 nodes' });
  const done = await ended(client, ordered.id);
  expect(done.items.map(({ state }) => state)).toEqual(['done', 'done']);
  expect(done.items.every(({ message }) => /^drain(ed|ing)$/.test(message))).toBe(true);
  const drained = async () =>
    (await looked(deck, 'forge')).members.flatMap(({ node, drainReason }) =>
      drainReason === 'new fans' ? [node] : [],
    );
  await expect.poll(drained, { timeout: 10_000 }).toEqual(['forge-2', 'forge-3']);

  const resumed = await client.agents.act({ action: 'resume', items });
  expect(await ended(client, resumed.id)).toMatchObject({ state: 'done' });
  const { entries } = await client.audit.list({ limit: 20 });
  const told = entries.filter(({ action }) => action.startsWith('slurm.'));
  expect(told.map(({ action }) => action).sort()).toEqual([
    'slurm.drain',
    'slurm.drain',
    'slurm.drain.ordered',
    'slurm.resume',
    'slurm.resume',
    'slurm.resume.ordered',
  ]);
  expect(JSON.stringify(told)).toContain('new fans');
});

test('a cancelled job ends, and what cannot be done says why', async () => {
  const deck = await clusterosDeck();
  const { client, forgeUuid: uuid } = deck;
  const { jobs } = await looked(deck, 'forge');
  const running = jobs.find(({ state }) => state === 'RUNNING');
  const items = [{ uuid, id: running?.id ?? '' }];
  const { id, title } = await client.agents.act({ action: 'cancel', items });
  expect(title).toBe(`Cancel ${running?.job} ${running?.name}`);
  expect((await ended(client, id)).items[0]).toMatchObject({ state: 'done', message: 'CANCELLED' });

  const absent = client.agents.act({ action: 'hold', items: [{ uuid, id: 'job/99999999' }] });
  await expect(absent).rejects.toMatchObject({ code: 'NOT_FOUND' });
});

test('a viewer’s token, viewer mode, a read-only and a protected cluster each hold it back', async () => {
  const deck = await clusterosDeck();
  const { client, forge, forgeUuid: uuid } = deck;
  await looked(deck, 'forge');
  const items = [{ uuid, id: 'node/forge-2' }];
  const drain = (confirm?: string) =>
    client.agents.act({
      action: 'drain',
      items,
      reason: 'test',
      ...(confirm !== undefined && { confirm }),
    });
  await client.clusters.update({ uuid, changes: { protected: true } });
  await expect(drain()).rejects.toMatchObject({ code: 'CONFIRMATION_REQUIRED' });
  await client.clusters.update({ uuid, changes: { readOnly: true } });
  await expect(drain('forge')).rejects.toMatchObject({ code: 'READ_ONLY' });
  await client.clusters.update({ uuid, changes: { readOnly: false } });
  await client.access.setViewer({ viewer: true });
  await expect(drain('forge')).rejects.toMatchObject({ code: 'READ_ONLY' });
  await client.access.setViewer({ viewer: false });
  await client.clusters.update({ uuid, changes: { secret: forge.token('viewer') } });
  await looked(deck, 'forge');
  await expect(drain('forge')).rejects.toMatchObject({
    code: 'PERMISSION_DENIED',
    data: { privilege: 'operator' },
  });
  expect(await client.connection.rights({ uuid })).toMatchObject([{ held: false }]);
  expect(await client.operations.list({})).toEqual([]);
});

test('an account there is a token and nothing else, and the kind stays', async () => {
  const { client, forgeUuid: uuid } = await clusterosDeck();
  const endpoints = [{ host: 'a1', port: 9090, pin: null }];
  const bare = { clusterId: 'bare', name: 'Bare', kind: 'clusteros' as const, endpoints };
  await expect(client.clusters.create(bare)).rejects.toMatchObject({
    data: { fields: { secret: 'A ClusterOS cluster needs a token.' } },
  });
  const made = await client.clusters.create({ ...bare, user: 'root@pam', secret: 'cdk_a_b' });
  expect(made).toMatchObject({ authKind: 'token', user: '', tokenId: null, hasSecret: true });
  const turned = client.clusters.update({ uuid, changes: { kind: 'proxmox', user: 'root@pam' } });
  await expect(turned).rejects.toMatchObject({ code: 'INVALID_INPUT' });
  const { uuid: bareUuid } = made;
  const renamed = await client.clusters.update({ uuid: bareUuid, changes: { name: 'Bare 2' } });
  expect(renamed.name).toBe('Bare 2');
});

test('Proxmox’s own calls say that they are none of ClusterOS', async () => {
  const { client, forgeUuid: uuid } = await clusterosDeck();
  for (const call of [
    client.connection.missing({ uuid }),
    client.connection.storages({ uuid }),
    client.tasks.list({ uuid }),
  ]) {
    await expect(call).rejects.toMatchObject({ code: 'UNSUPPORTED' });
  }
});
