import { existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { CONFIG_KEY, MUNGE_KEY, slurmConfig } from '#agent/roles/slurm/config';
import { ELECTION } from '#agent/roles/slurm/election';
import { LOOK_KEY, SEEN_KEY } from '#agent/roles/slurm/told';
import { fail } from '#shared/contract/errors';
import { listed } from '#tests/support/slurm';
import { type StagedSlurmNode, stageSlurmCluster } from '#tests/support/slurm-cluster';

const WAIT = { timeout: 15_000, interval: 20 };

const conf = (node: StagedSlurmNode) => readFileSync(join(node.etc.slurm, 'slurm.conf'), 'utf8');
const key = (node: StagedSlurmNode) => readFileSync(join(node.etc.munge, 'munge.key'));
const roles = (node: StagedSlurmNode) => node.parts.roles.map((role) => role.state());
const codes = (node: StagedSlurmNode) =>
  node.parts.roles.flatMap((role) => role.problems()).map(({ code }) => code);
const config = async (node: StagedSlurmNode) =>
  slurmConfig.parse((await node.state.get(CONFIG_KEY))?.value);
const leader = async (node: StagedSlurmNode) =>
  ((await node.state.leader(ELECTION))?.value as { name?: string } | undefined)?.name ?? null;

const isHealthy = async (...nodes: StagedSlurmNode[]) =>
  vi.waitFor(() => {
    for (const node of nodes) {
      for (const role of roles(node)) expect(role).toMatchObject({ healthy: true, error: '' });
    }
  }, WAIT);

test('nodes set SLURM up by themselves, with one key and one configuration', async () => {
  const cluster = stageSlurmCluster({
    a1: { controller: true, worker: {} },
    a2: { worker: {} },
    a3: { worker: {} },
  });
  for (const node of cluster.nodes) node.start();
  await isHealthy(...cluster.nodes);
  const [a1, a2, a3] = cluster.nodes.map((node) => ({ conf: conf(node), key: key(node) }));
  expect(a2).toEqual(a1);
  expect(a3).toEqual(a1);
  expect(a1?.conf).toContain('SlurmctldHost=a1(127.0.0.1)');
  expect(statSync(join(cluster.node('a2').etc.munge, 'munge.key')).mode & 0o777).toBe(0o400);
  expect(a1?.key).toHaveLength(128);
  await vi.waitFor(async () => expect(await leader(cluster.node('a2'))).toBe('a1'), WAIT);
  expect(roles(cluster.node('a1'))[0]).toMatchObject({ is_leader: true });
});

test('the munge key is in no record, no log line and no argument', async () => {
  const cluster = stageSlurmCluster({ a1: { controller: true, worker: {} }, a2: { worker: {} } });
  for (const node of cluster.nodes) node.start();
  await isHealthy(...cluster.nodes);
  const a1 = cluster.node('a1');
  const secret = key(a1);
  const everything = JSON.stringify([
    await a1.state.list(''),
    cluster.nodes.map(({ log, commands, supervisor }) => [
      log.lines,
      commands.calls,
      [...supervisor.specs.values()],
    ]),
  ]);
  expect(everything).toContain((await a1.state.get(MUNGE_KEY))?.key);
  for (const form of ['base64', 'hex', 'base64url'] as const) {
    expect(everything).not.toContain(secret.toString(form).slice(0, 40));
  }
});

test('two controllers share the folder: the second joins as backup and takes over by sight', async () => {
  const cluster = stageSlurmCluster({
    a1: { controller: true },
    a2: { controller: true },
    a3: { worker: {} },
  });
  const [a1, a2] = [cluster.node('a1'), cluster.node('a2')];
  a1.start();
  await isHealthy(a1);
  a2.start();
  cluster.node('a3').start();
  await isHealthy(...cluster.nodes);
  expect((await config(a2)).controllers).toEqual(['id-a1', 'id-a2']);
  const worker = cluster.node('a3');
  await vi.waitFor(() => expect(conf(worker)).toContain('SlurmctldHost=a2(127.0.0.1)'), WAIT);
  await vi.waitFor(async () => expect(await leader(a2)).toBe('a1'), WAIT);
  // what keeps the standby still where it cannot reach the first one
  const sign = join(cluster.shared, 'slurmctld', 'heartbeat');
  await vi.waitFor(() => expect(readFileSync(sign)).toHaveLength(16), WAIT);

  a1.isOff = true;
  await a1.parts.close();
  await a1.state.close();
  for (const node of [a2, worker]) node.membership.change('a1', { status: 'failed' });
  await vi.waitFor(async () => expect(await leader(a2)).toBe('a2'), WAIT);
  expect(roles(a2)[0]).toMatchObject({ is_leader: true, healthy: true });
  expect((await config(a2)).controllers).toEqual(['id-a1', 'id-a2']);
});

test('one that does not see the jobs does not stand by, tells why, and is a worker all the same', async () => {
  const cluster = stageSlurmCluster({
    a1: { controller: true },
    a2: { controller: true, worker: {} },
  });
  const [a1, a2] = [cluster.node('a1'), cluster.node('a2')];
  a1.start();
  await isHealthy(a1);
  // to it the folder is another cluster's
  Object.assign(a2.membership.cluster, { uuid: '0b0e5a2e-0000-4000-8000-000000000009' });
  a2.start();
  await isHealthy(a1, a2);
  await vi.waitFor(() => expect(codes(a2)).toEqual(['slurm-no-standby']), WAIT);
  expect((await config(a1)).controllers).toEqual(['id-a1']);
  expect(a2.supervisor.done).not.toContain('start slurmctld');
});

test('without a shared folder nobody starts in place of the primary', async () => {
  const wish = { controller: { shared: false } };
  const cluster = stageSlurmCluster({ a1: wish, a2: wish });
  const [a1, a2] = [cluster.node('a1'), cluster.node('a2')];
  a1.start();
  await isHealthy(a1);
  a2.start();
  await vi.waitFor(() => expect(existsSync(join(a2.etc.slurm, 'slurm.conf'))).toBe(true), WAIT);
  await vi.waitFor(async () => expect(await leader(a2)).toBe('a1'), WAIT);
  a1.isOff = true;
  await a1.parts.close();
  await a1.state.close();
  a2.membership.change('a1', { status: 'failed' });
  await vi.waitFor(async () => expect(await leader(a2)).toBeNull(), WAIT);
  await vi.waitFor(() => expect(a2.parts.slurm.facts().primary).toBeNull(), WAIT);
  expect(a2.supervisor.done).not.toContain('start slurmctld');
  await vi.waitFor(() => expect(codes(a2)).toContain('slurm-primary-lost'), WAIT);
});

test('a primary whose jobs are gone is not started, and says what to do', async () => {
  const cluster = stageSlurmCluster({ a1: { controller: true } });
  const a1 = cluster.node('a1');
  a1.start();
  await isHealthy(a1);
  // a sign of life may be written while the folder goes
  rmSync(join(cluster.shared, 'slurmctld'), { recursive: true, maxRetries: 5 });
  a1.supervisor.set('slurmctld', 'stopped');
  a1.supervisor.done.length = 0;
  await vi.waitFor(() => expect(codes(a1)).toContain('slurm-state-missing'), WAIT);
  expect(a1.supervisor.done).not.toContain('start slurmctld');
  expect(existsSync(join(cluster.shared, 'slurmctld'))).toBe(false);
  await vi.waitFor(
    () => expect(roles(a1)[0]).toMatchObject({ running: false, healthy: false }),
    WAIT,
  );
});

test('a controller starts on no old copy of the agreement', async () => {
  const cluster = stageSlurmCluster({ a1: { controller: true } });
  const a1 = cluster.node('a1');
  a1.start();
  await isHealthy(a1);
  const lost = fail('NO_QUORUM', { remedy: 'Start the other voters.' });
  const { get } = a1.state;
  let refused = 0;
  a1.state.get = (name, options) => {
    if (options?.stale === true) return get.call(a1.state, name, options);
    if (name === CONFIG_KEY) refused += 1;
    return Promise.reject(lost);
  };
  // a round that had the agreement before may still start what it finds stopped
  await vi.waitFor(() => expect(refused).toBeGreaterThan(0), WAIT);
  a1.supervisor.set('slurmctld', 'stopped');
  a1.supervisor.done.length = 0;
  await vi.waitFor(() => expect(codes(a1)).toContain('slurm-setup'), WAIT);
  await vi.waitFor(() => expect(roles(a1)[0]).toMatchObject({ running: false }), WAIT);
  expect(a1.supervisor.done).toEqual([]);
  a1.state.get = get;
  await isHealthy(a1);
  expect(a1.supervisor.done).toContain('start slurmctld');
});

test('a worker that joins restarts no controller and no other worker', async () => {
  const cluster = stageSlurmCluster({ a1: { controller: true, worker: {} }, a2: { worker: {} } });
  const [a1, a2] = [cluster.node('a1'), cluster.node('a2')];
  a1.start();
  await isHealthy(a1);
  const before = conf(a1);
  a1.supervisor.done.length = 0;
  a2.start();
  await isHealthy(a2);
  await vi.waitFor(() => expect(a1.parts.slurm.facts().nodes).toHaveLength(2), WAIT);
  expect(a1.supervisor.done).toEqual([]);
  expect(a1.commands.count('reconfigure')).toBe(0);
  expect(conf(a1)).toBe(before);
});

test('a controller with jobs starts anew for a partition, for what it reads anew it counts twice', async () => {
  const cluster = stageSlurmCluster({
    a1: { controller: true },
    a2: { worker: { partitions: ['gpu'] } },
  });
  const [a1, a2] = [cluster.node('a1'), cluster.node('a2')];
  a1.start();
  await isHealthy(a1);
  cluster.placed.push('a2');
  a2.start();
  await vi.waitFor(() => expect(a1.supervisor.done).toContain('restart slurmctld'), WAIT);
  expect(conf(a1)).toContain('PartitionName=gpu');
  expect([a1, a2].map(({ commands }) => commands.count('reconfigure'))).toEqual([0, 0]);
});

test('a standby that joins, and partitions that are closed, disturb no controller at work', async () => {
  const cluster = stageSlurmCluster({
    a1: { controller: { shared: true } },
    a2: { controller: { shared: true } },
    a3: { worker: {} },
  });
  const [a1, a2] = [cluster.node('a1'), cluster.node('a2')];
  a1.start();
  cluster.node('a3').start();
  await isHealthy(a1);
  cluster.placed.push('a3');
  a1.supervisor.done.length = 0;
  a2.start();
  await vi.waitFor(() => expect(conf(a1)).toContain('SlurmctldHost=a2(127.0.0.1)'), WAIT);
  await vi.waitFor(
    () => expect(conf(cluster.node('a3'))).toContain('SlurmctldHost=a2(127.0.0.1)'),
    WAIT,
  );
  const entry = await a1.state.get(CONFIG_KEY);
  const closed = { ...slurmConfig.parse(entry?.value), closed: true };
  const next = { ...closed, revision: closed.revision + 1 };
  await a1.state.commit([], [{ key: CONFIG_KEY, put: next }]);
  await vi.waitFor(() => expect(conf(a1)).toContain('State=INACTIVE'), WAIT);
  // nodes read at once who may be asked
  await vi.waitFor(
    () => expect(cluster.node('a3').supervisor.done).toContain('SIGHUP slurmd'),
    WAIT,
  );
  expect(a1.supervisor.done.filter((done) => done.includes('slurmctld'))).toEqual([]);
  expect(a1.commands.count('reconfigure')).toBe(0);
});

test('a worker asks for a partition, and the running controller takes it over', async () => {
  const cluster = stageSlurmCluster({
    a1: { controller: true },
    a2: { worker: { partitions: ['gpu'], features: ['big'] } },
  });
  const [a1, a2] = [cluster.node('a1'), cluster.node('a2')];
  a1.start();
  await isHealthy(a1);
  a2.start();
  await vi.waitFor(() => expect(conf(a1)).toContain('PartitionName=gpu Nodes=nodes_gpu'), WAIT);
  await vi.waitFor(
    () => expect(a1.commands.count('scontrol', 'reconfigure')).toBeGreaterThan(0),
    WAIT,
  );
  expect(a1.supervisor.done.filter((done) => done.includes('slurmctld'))).toEqual([
    'start slurmctld',
  ]);
  await vi.waitFor(() => expect(a2.supervisor.runs('slurmd')).toBe(true), WAIT);
  expect(a2.supervisor.specs.get('slurmd')?.argv).toEqual([
    'slurmd',
    '-D',
    '-Z',
    '--conf',
    'Feature=big,partition_gpu',
  ]);
  // SLURM had known the node before, without them
  await vi.waitFor(
    () => expect(a2.commands.count('scontrol', 'AvailableFeatures=big,partition_gpu')).toBe(1),
    WAIT,
  );
  await vi.waitFor(
    () => expect(a2.commands.count('PartitionName=gpu', 'Nodes=nodes_gpu')).toBe(1),
    WAIT,
  );
});

test('a controller that does not run here is asked nothing, whatever was seen of it before', async () => {
  const cluster = stageSlurmCluster({ a1: { controller: true, worker: { features: ['big'] } } });
  const a1 = cluster.node('a1');
  // not known yet, so that it is asked for in each round
  const row = ['a1', 'idle', '0/2/0/2', 'batch*', 'up', 'none'];
  a1.commands.on('sinfo', (argv) => (argv.includes('%f') ? '' : listed(argv, [row])));
  a1.commands.on('squeue', (argv) => listed(argv, []));
  a1.commands.on('scontrol', () => 'Slurmctld(primary) at a1 is UP\n');
  a1.start();
  const asked = () => a1.commands.count('sinfo', '%f');
  await vi.waitFor(() => expect(asked()).toBeGreaterThan(1), WAIT);
  a1.state.get = () => Promise.reject(fail('NO_QUORUM', { remedy: 'Start the other voters.' }));
  a1.supervisor.set('slurmctld', 'stopped');
  await vi.waitFor(() => expect(roles(a1)[0]).toMatchObject({ running: false }), WAIT);
  const before = asked();
  const [pings, rounds] = [() => a1.commands.count('scontrol', 'ping'), 10];
  const begun = pings();
  await vi.waitFor(() => expect(pings()).toBeGreaterThan(begun + rounds), WAIT);
  expect(asked()).toBe(before);
});

test('a key that somebody replaced is told of and left alone until the agent starts anew', async () => {
  const cluster = stageSlurmCluster({ a1: { controller: true }, a2: { worker: {} } });
  const a2 = cluster.node('a2');
  for (const node of cluster.nodes) node.start();
  await isHealthy(...cluster.nodes);
  const path = join(a2.etc.munge, 'munge.key');
  rmSync(path);
  writeFileSync(path, 'x'.repeat(128));
  await vi.waitFor(() => expect(codes(a2)).toContain('munge-mismatch'), WAIT);
  expect(readFileSync(path, 'utf8')).toBe('x'.repeat(128));
  expect(roles(a2)[0]).toMatchObject({ healthy: false });
});

test('a key that was there before is kept aside', async () => {
  const cluster = stageSlurmCluster({ a1: { controller: true } });
  const a1 = cluster.node('a1');
  mkdirSync(a1.etc.munge, { recursive: true });
  writeFileSync(join(a1.etc.munge, 'munge.key'), "the distribution's");
  mkdirSync(a1.etc.slurm, { recursive: true });
  writeFileSync(join(a1.etc.slurm, 'slurm.conf'), 'ClusterName=old\n');
  a1.start();
  await isHealthy(a1);
  const aside = (path: string) => readFileSync(`${path}.before-clusterdeck`, 'utf8');
  expect(aside(join(a1.etc.munge, 'munge.key'))).toBe("the distribution's");
  expect(aside(join(a1.etc.slurm, 'slurm.conf'))).toBe('ClusterName=old\n');
});

test('munge that another node does not accept is told, with the kind of trouble', async () => {
  const cluster = stageSlurmCluster({ a1: { controller: true }, a2: { worker: {} } });
  const [a1, a2] = [cluster.node('a1'), cluster.node('a2')];
  a1.commands.on('unmunge', () => ({ code: 16, stderr: 'unmunge: Error: Rewound credential\n' }));
  for (const node of cluster.nodes) node.start();
  await vi.waitFor(() => expect(codes(a2)).toContain('munge-clock'), WAIT);
  a1.commands.on('unmunge', () => ({ code: 14, stderr: 'unmunge: Error: Invalid credential\n' }));
  await vi.waitFor(() => expect(codes(a2)).toContain('munge-mismatch'), WAIT);
  a1.commands.on('unmunge', () => '');
  await isHealthy(...cluster.nodes);
});

test('a line that SLURM does not take changes nothing that runs', async () => {
  const cluster = stageSlurmCluster({ a1: { controller: { extra: ['Nonsense=1'] } } });
  const a1 = cluster.node('a1');
  a1.commands.on('scontrol', (_argv, { env }) => {
    const path = env?.['SLURM_CONF'];
    const isWrong = path !== undefined && readFileSync(path, 'utf8').includes('Nonsense');
    return isWrong ? { code: 1, stderr: 'scontrol: error: Parse error in file line 30\n' } : '';
  });
  a1.start();
  await vi.waitFor(() => expect(codes(a1)).toContain('slurm-conf'), WAIT);
  expect(existsSync(join(a1.etc.slurm, 'slurm.conf'))).toBe(false);
  expect(a1.supervisor.done).not.toContain('start slurmctld');
});

test('a node whose host name is another is told so, for SLURM would refuse it', async () => {
  const cluster = stageSlurmCluster({ a1: { controller: true, hostName: 'localhost' } });
  const a1 = cluster.node('a1');
  a1.start();
  await vi.waitFor(() => expect(codes(a1)).toContain('slurm-setup'), WAIT);
  expect(roles(a1)[0]?.error).toContain('localhost');
  expect(a1.supervisor.done).toEqual([]);
});

test('one node looks for all', async () => {
  const cluster = stageSlurmCluster({
    a1: { controller: true },
    a2: { worker: {} },
    a3: { worker: {} },
  });
  for (const node of cluster.nodes) node.start();
  await isHealthy(...cluster.nodes);
  const a2 = cluster.node('a2');
  await vi.waitFor(async () => {
    expect((await a2.state.get(LOOK_KEY))?.value).toMatchObject({
      observer: 'id-a1',
      primary: 'a1',
    });
    expect(await a2.state.get(SEEN_KEY)).not.toBeNull();
  }, WAIT);
  expect(a2.parts.slurm.facts()).toMatchObject({ trouble: null, primary: 'a1' });
  expect(a2.parts.slurm.facts().nodes).toHaveLength(2);
  const before = a2.commands.count('squeue');
  const looks = cluster.node('a1').commands.count('squeue');
  await vi.waitFor(
    () => expect(cluster.node('a1').commands.count('squeue')).toBeGreaterThan(looks + 2),
    WAIT,
  );
  expect(a2.commands.count('squeue')).toBe(before);
});

test('a controller that is stopped is proved to be, and is not started again', async () => {
  const cluster = stageSlurmCluster({ a1: { controller: true, worker: {} } });
  const a1 = cluster.node('a1');
  a1.start();
  await isHealthy(a1);
  const [controller, worker] = a1.parts.roles;
  await controller?.stop();
  expect(a1.supervisor.done).toContain('stop slurmctld');
  await vi.waitFor(async () => expect(await leader(a1)).toBeNull(), WAIT);
  expect(controller?.state()).toMatchObject({ running: false, is_leader: false });
  expect(a1.supervisor.runs('slurmd')).toBe(true);
  expect(worker?.state()).toMatchObject({ running: true });
  const { length } = a1.supervisor.done;
  await controller?.start();
  await vi.waitFor(() => expect(a1.supervisor.runs('slurmctld')).toBe(true), WAIT);
  expect(a1.supervisor.done.slice(length)).toEqual(['start slurmctld']);
});
