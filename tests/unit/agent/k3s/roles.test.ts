import { readFileSync, statSync } from 'node:fs';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { TOKEN_PATH } from '#agent/roles/k3s/token';
import { isThere, NODE_TOKEN, StagedCluster, type StagedNode, TOKEN } from './cluster';
import { node, pod, withKube } from './kube-server';

const configOf = ({ places }: StagedNode) => parse(readFileSync(places.config, 'utf8'));

/** A cluster whose first server is ready. */
async function withServer() {
  const fake = await withKube();
  const cluster = new StagedCluster();
  const a1 = cluster.add('a1', ['k3s-server']);
  await a1.start();
  await expect.poll(() => a1.supervisor.started.map(({ name }) => name)).toEqual(['k3s']);
  fake.objects.put('nodes', node('a1', { server: true }));
  await a1.k3sWrites(fake);
  await expect.poll(() => a1.role('k3s-server').healthy).toBe(true);
  return { fake, cluster, a1 };
}

test('the first server begins a cluster, is ready by what was seen, and leads', async () => {
  const { fake, a1 } = await withServer();
  expect(configOf(a1)).toMatchObject({ 'cluster-init': true, 'node-name': 'a1' });
  const [spec] = a1.supervisor.started;
  expect(spec).toMatchObject({ argv: ['k3s', 'server'], mainProcessOnly: true });
  await expect.poll(() => a1.role('k3s-server').is_leader).toBe(true);
  expect(await a1.state.leader('k3s-server')).toMatchObject({ value: { nodeId: 'id-a1' } });
  // the leadership follows that of k3s' own etcd
  fake.faults.isLeader = false;
  await expect.poll(() => a1.role('k3s-server')).toMatchObject({ is_leader: false, healthy: true });
  await expect.poll(() => a1.state.leader('k3s-server')).toBeNull();
});

test('a running server that refuses, or has no leader, is not ready and says why', async () => {
  const { fake, a1 } = await withServer();
  fake.faults.refuse = 401;
  await expect
    .poll(() => a1.role('k3s-server'))
    .toMatchObject({ running: true, healthy: false, is_leader: false });
  expect(a1.role('k3s-server').error).toContain('401');
  expect(a1.kube.roles[0]?.problems()[0]).toMatchObject({
    code: 'k3s-server-not-ready',
    severity: 'bad',
    node: 'a1',
  });
  fake.faults.refuse = null;
  fake.faults.hasLeader = false;
  await expect.poll(() => a1.role('k3s-server').error).toContain('no leader');
  fake.faults.hasLeader = true;
  await expect.poll(() => a1.role('k3s-server').error).toBe('');
  expect(a1.kube.roles[0]?.problems()).toEqual([]);
});

test('exactly one of several servers begins the cluster; the others join it with its token', async () => {
  const fake = await withKube();
  const cluster = new StagedCluster();
  const servers = ['a1', 'a2', 'a3'].map((name) => cluster.add(name, ['k3s-server']));
  await Promise.all(servers.map((server) => server.start()));
  const begun = () => servers.filter(({ supervisor }) => supervisor.started.length > 0);
  await expect.poll(() => begun().length).toBe(1);
  const [first] = begun();
  const others = servers.filter((server) => server !== first);
  for (const { kube } of others) {
    const [role] = kube.roles;
    await expect.poll(() => role?.state().error).toMatch(/token|begins|answers/);
  }
  await first?.k3sWrites(fake);
  await expect.poll(() => begun().length).toBe(3);
  for (const other of others) {
    const config = configOf(other);
    expect(config).not.toHaveProperty('cluster-init');
    expect(config).toMatchObject({
      server: `https://${first?.member.address}:6443`,
      'token-file': other.places.givenToken,
    });
    expect(readFileSync(other.places.givenToken, 'utf8').trim()).toBe(TOKEN);
    expect(statSync(other.places.givenToken).mode & 0o777).toBe(0o600);
    expect(readFileSync(other.places.config, 'utf8')).not.toContain('secret');
  }
});

test('an agent joins with the token for agents, and is healthy when Kubernetes calls its node ready', async () => {
  const { fake, cluster } = await withServer();
  const a2 = cluster.add('a2', ['k3s-agent']);
  await a2.start();
  await expect
    .poll(() => a2.supervisor.started.map(({ argv }) => argv))
    .toEqual([['k3s', 'agent']]);
  expect(readFileSync(a2.places.givenToken, 'utf8').trim()).toBe(NODE_TOKEN);
  expect(configOf(a2)).toMatchObject({ server: 'https://10.77.1.1:6443' });
  await expect.poll(() => a2.role('k3s-agent')).toMatchObject({ running: true, healthy: false });
  fake.objects.put('nodes', node('a2', { ready: false }));
  await a2.kubeletWrites(fake);
  await expect.poll(() => a2.role('k3s-agent').error).toContain('does not call this node ready');
  fake.objects.put('nodes', node('a2'));
  await expect.poll(() => a2.role('k3s-agent')).toMatchObject({ healthy: true, error: '' });
  // what the leading server tells is known on a node that may not ask for pods itself
  fake.objects.put('pods', pod('web', { node: 'a2' }));
  await expect.poll(() => a2.kube.facts().pods.map(({ name }) => name)).toEqual(['web']);
  expect(a2.kube.facts()).toMatchObject({
    nodeCount: 2,
    podCount: 1,
    server: { status: 'running', message: '1 of 1 server ready' },
    agent: { status: 'running', message: '2 of 2 nodes ready' },
    trouble: null,
  });
});

test('the token is given to members whose role needs it, and to nobody else', async () => {
  const { cluster, a1 } = await withServer();
  const a2 = cluster.add('a2', ['k3s-agent']);
  const stranger = cluster.add('a3', ['slurm-worker']);
  const [route] = a1.kube.routes;
  const ask = async (from: StagedNode, body: unknown) => {
    const { id, name, fingerprint } = from.member;
    const signal = new AbortController().signal;
    const request = { method: 'POST', target: TOKEN_PATH, fingerprint, address: '', body, signal };
    return await route?.handle(request, { id, name, fingerprint });
  };
  await expect(ask(a2, { role: 'k3s-agent' })).resolves.toMatchObject({ status: 200 });
  for (const [from, body, code] of [
    [a2, { role: 'k3s-server' }, 'PERMISSION_DENIED'],
    [stranger, { role: 'k3s-agent' }, 'PERMISSION_DENIED'],
    [a2, { role: 'admin' }, 'INVALID_INPUT'],
    [a2, null, 'INVALID_INPUT'],
  ] as const) {
    await expect(ask(from, body)).rejects.toMatchObject({ code });
  }
  Object.assign(a2.member, { authenticated: false });
  await expect(ask(a2, { role: 'k3s-agent' })).rejects.toMatchObject({ code: 'PERMISSION_DENIED' });
});

test('a dead server attracts nobody', async () => {
  const { cluster, a1 } = await withServer();
  await expect.poll(() => a1.state.list('k3s/servers/')).toHaveLength(1);
  a1.setStatus('failed');
  const a2 = cluster.add('a2', ['k3s-agent']);
  await a2.start();
  await expect.poll(() => a2.role('k3s-agent').error).toContain('No k3s server');
  expect(a2.supervisor.started).toEqual([]);
  a1.setStatus('alive');
  await expect.poll(() => a2.supervisor.started.length).toBe(1);
});

test('a server that only failed keeps its place; one that left before it ever served gives it up', async () => {
  const cluster = new StagedCluster();
  const a1 = cluster.add('a1', ['k3s-server']);
  await a1.start();
  await expect.poll(() => a1.supervisor.started.length).toBe(1);
  a1.setStatus('failed');
  const a2 = cluster.add('a2', ['k3s-server']);
  await a2.start();
  await expect.poll(() => a2.role('k3s-server').error).toContain('No k3s server');
  expect(a2.supervisor.started).toEqual([]);
  a1.setStatus('left');
  await expect.poll(() => a2.supervisor.started.length).toBe(1);
  expect(configOf(a2)).toMatchObject({ 'cluster-init': true });
});

test('with data of its own a server starts as before, whatever the shared state says', async () => {
  const { cluster, a1 } = await withServer();
  const before = readFileSync(a1.places.config, 'utf8');
  await a1.kube.close();
  await a1.state.commit([], [{ prefix: 'k3s/', delete: true }]);
  const again = cluster.add('a1', ['k3s-server']);
  Object.assign(again.places, a1.places);
  await again.start();
  await expect.poll(() => again.supervisor.started.length).toBe(1);
  expect(readFileSync(a1.places.config, 'utf8')).toBe(before);
});

test('while one server gives tokens, nobody begins a second cluster over a lost record', async () => {
  const { cluster, a1 } = await withServer();
  await a1.state.commit([], [{ key: 'k3s/cluster', delete: true }]);
  const a2 = cluster.add('a2', ['k3s-server']);
  await a2.start();
  await expect.poll(() => a2.role('k3s-server').error).toContain('runs already');
  expect([a2.supervisor.started, isThere(a2.places.config)]).toEqual([[], false]);
});

test('stopping stops the daemon, proves it, and takes the record back', async () => {
  const { a1 } = await withServer();
  await expect.poll(() => a1.state.list('k3s/servers/')).toHaveLength(1);
  const [role] = a1.kube.roles;
  await role?.stop();
  expect((await a1.supervisor.state('k3s')).state).toBe('stopped');
  expect(a1.role('k3s-server')).toMatchObject({
    running: false,
    healthy: false,
    error: 'Stopped.',
  });
  expect(await a1.state.list('k3s/servers/')).toEqual([]);
  expect(await a1.state.leader('k3s-server')).toBeNull();
});

test('a daemon that fails is told of with its last words, and nothing is deleted', async () => {
  const { a1 } = await withServer();
  a1.supervisor.set('k3s', 'failed', 'level=fatal msg="no space left on device"');
  await expect
    .poll(() => a1.role('k3s-server'))
    .toMatchObject({
      running: false,
      healthy: false,
      error: 'level=fatal msg="no space left on device"',
    });
  expect([isThere(a1.places.etcdData), isThere(a1.places.config)]).toEqual([true, true]);
  // what was last seen stays, with the reason why it is old
  await expect.poll(() => a1.kube.facts().nodeCount).toBe(1);
});

test('on a server the role of an agent is part of it', async () => {
  const fake = await withKube();
  const cluster = new StagedCluster();
  const a1 = cluster.add('a1', ['k3s-server', 'k3s-agent']);
  await a1.start();
  await expect.poll(() => a1.supervisor.started.map(({ name }) => name)).toEqual(['k3s']);
  fake.objects.put('nodes', node('a1', { server: true }));
  await a1.k3sWrites(fake);
  await expect.poll(() => a1.role('k3s-agent')).toMatchObject({ running: true, healthy: true });
  fake.objects.put('nodes', node('a1', { server: true, ready: false }));
  await expect.poll(() => a1.role('k3s-agent').error).toContain('does not call this node ready');
  fake.faults.refuse = 403;
  await expect
    .poll(() => a1.role('k3s-agent'))
    .toMatchObject({
      running: false,
      healthy: false,
      error: expect.stringContaining('k3s server'),
    });
  expect(a1.supervisor.started).toHaveLength(1);
});

test('a server elsewhere needs the file of its token named', async () => {
  const cluster = new StagedCluster();
  const server = 'https://k3s.example.org:6443';
  const a1 = cluster.add('a1', ['k3s-agent'], { server });
  await a1.start();
  await expect.poll(() => a1.role('k3s-agent').error).toContain('is missing');
  const extra = { 'token-file': '/etc/rancher/token' };
  const a2 = cluster.add('a2', ['k3s-agent'], { server, extra });
  await a2.start();
  await expect.poll(() => a2.supervisor.started.length).toBe(1);
  expect(configOf(a2)).toMatchObject({ server, 'token-file': '/etc/rancher/token' });
});

test('a node without the program begins no cluster, and others need not wait for it', async () => {
  const cluster = new StagedCluster();
  cluster.without.add('a1');
  const a1 = cluster.add('a1', ['k3s-server']);
  await a1.start();
  await expect.poll(() => a1.role('k3s-server').error).toBe('k3s is not installed.');
  const a2 = cluster.add('a2', ['k3s-server']);
  await a2.start();
  await expect.poll(() => a2.supervisor.started.length).toBe(1);
  expect(a1.supervisor.started).toEqual([]);
  cluster.without.clear();
  await expect.poll(() => a1.role('k3s-server').error).toContain('a2 gives no token');
});

test('the leading server tells of nodes that are not ready and of servers that are two', async () => {
  const { fake, a1 } = await withServer();
  const codes = () => a1.kube.roles[0]?.problems().map(({ code, node: name }) => [code, name]);
  await expect.poll(() => a1.role('k3s-server').is_leader).toBe(true);
  expect(codes()).toEqual([]);
  fake.objects.put('nodes', node('a2', { server: true }));
  fake.objects.put('nodes', node('a3', { ready: false }));
  await expect.poll(codes).toEqual([
    ['k3s-node-not-ready', 'a3'],
    ['k3s-two-servers', undefined],
  ]);
  fake.faults.isLeader = false;
  await expect.poll(codes).toEqual([]);
});
