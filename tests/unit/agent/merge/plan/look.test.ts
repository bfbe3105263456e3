import { writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import type { z } from 'zod';
import { systemClock } from '#agent/host/clock';
import { systemCommands } from '#agent/host/commands';
import type { Hand, Hands } from '#agent/operations/hands/types';
import { lookAtCluster, lookAtCrosser } from '#agent/operations/merge/hands';
import { lookAtKube } from '#agent/operations/merge/plan/hands';
import { type MergeLookDeps, mergeLookRoutes } from '#agent/operations/merge/plan/routes';
import { placesOf } from '#agent/roles/k3s/places';
import { CONFIG_KEY, slurmConfig } from '#agent/roles/slurm/config';
import { listens } from '#agent/roles/slurm/port';
import { createSqliteState } from '#agent/state/sqlite/state';
import { SqliteStore } from '#agent/state/sqlite/store';
import { member, StagedMembership } from '#tests/support/agent';
import { ALPHA, BETA, cardOf, TwoClusters } from '#tests/support/merge-plan';
import { listed, StagedCommands } from '#tests/support/slurm';
import { sweptFolder } from '#tests/support/temp-folder';
import { node, withKube } from '../../k3s/kube-server';

const CONFIG = slurmConfig.parse({
  clusterName: 'beta_0b0b0b0b',
  controllers: ['id-b1'],
  stateSaveLocation: '/var/spool/slurmctld',
  shared: false,
  stateId: 'jobs',
  firstJobId: 500_001,
  slurmUser: 'slurm',
  containment: 'linuxproc',
  slurmctldTimeoutMs: 30_000,
  slurmdTimeoutMs: 300_000,
  partitions: [],
  extra: ['TreeWidth=2'],
  revision: 1,
});

/** As SLURM 22.05.8 prints it. */
const SHOWN = `Configuration data as of 2026-11-22T07:18:35
AccountingStorageType   = accounting_storage/slurmdbd
ClusterName             = beta_0b0b0b0b
FirstJobId              = 500001
MaxNodeCount            = 2048
NEXT_JOB_ID             = 500042
SLURM_VERSION           = 22.05.8
`;

function slurm(): StagedCommands {
  return new StagedCommands()
    .on('scontrol', () => SHOWN)
    .on('sacctmgr', () => 'root\nphysics\nphysics\n')
    .on('sinfo', (argv) => listed(argv, [['b2', 'idle', '0/4/0/4', 'batch*', 'up', 'none']]))
    .on('squeue', (argv) => listed(argv, []));
}

/** A node of a cluster of its own, and what it tells. */
function stage(wish: Partial<MergeLookDeps> = {}) {
  const folder = sweptFolder();
  const store = new SqliteStore(':memory:', systemClock);
  const state = createSqliteState(store, systemClock);
  onTestFinished(async () => {
    await state.close();
    store.close();
  });
  const self = member('b1', { roles: ['slurm-controller'] });
  const membership = new StagedMembership(self, [
    member('b2'),
    member('b3', { status: 'failed' }),
    member('b4', { status: 'left' }),
    member('stranger', { authenticated: false }),
  ]);
  const routes = mergeLookRoutes({
    hands: { call: async () => Promise.reject(new Error('Nobody else is asked')) },
    membership,
    state,
    stateKind: 'etcd',
    seats: null,
    clock: systemClock,
    commands: slurm(),
    stableSince: () => 1,
    hostName: () => 'b1.lab',
    version: '1.2.3',
    mergingEnabled: true,
    stateFolder: folder,
    kept: { bytes: async () => 7, list: async () => [] },
    listens,
    kube: { places: placesOf(join(folder, 'k3s'), folder, folder), server: { enabled: false } },
    ...wish,
  });
  const ask = async <In extends z.ZodType, Out extends z.ZodType>(
    hand: Hand<In, Out>,
    input: z.input<In>,
  ): Promise<z.output<Out>> => {
    const route = routes.find((one) => one.hand.name === hand.name);
    const call = { operation: '', epoch: 0, log() {}, signal: new AbortController().signal };
    return hand.output.parse(await route?.run(hand.input.parse(input), call));
  };
  const founded = async (more: { slurm?: boolean } = {}) => {
    const cluster = {
      uuid: BETA,
      name: 'beta',
      region: '',
      datacenter: '',
      createdAt: 1_763_700_000.5,
      founding: BETA,
    };
    await state.commit([], [{ key: 'cluster', put: cluster }]);
    if (more.slurm !== false) await state.commit([], [{ key: CONFIG_KEY, put: CONFIG }]);
  };
  return { ask, state, founded, folder };
}

test('a cluster tells who belongs to it, and what its SLURM has', async () => {
  const { ask, founded } = stage();
  await founded();
  const seen = await ask(lookAtCluster, {});
  expect(seen.cluster).toEqual({
    uuid: BETA,
    name: 'beta',
    founding: BETA,
    createdAt: 1_763_700_000_500,
  });
  expect(seen.members.map(({ name, alive, voter }) => [name, alive, voter])).toEqual([
    ['b1', true, true],
    ['b2', true, false],
    ['b3', false, false],
  ]);
  expect(seen).toMatchObject({ takenNames: ['b4'], busy: '', locked: '', k3s: null });
  expect(seen.state).toEqual({ kind: 'etcd', healthy: true, voters: ['id-b1'], leader: 'id-b1' });
  expect(seen.slurm).toMatchObject({
    clusterName: 'beta_0b0b0b0b',
    version: '22.05.8',
    controllers: ['id-b1'],
    firstJobId: 500_001,
    lastJobId: 500_041,
    accounting: 'accounting_storage/slurmdbd',
    accounts: ['physics', 'root'],
    partitions: [{ name: 'batch', state: 'up' }],
    nodes: [{ name: 'b2', state: 'idle', cpus: 4 }],
    jobs: [],
    extra: ['TreeWidth=2'],
    maxNodes: 2048,
  });
});

test('it tells whom it lets call, as that is now', async () => {
  const { ask, founded, state } = stage();
  await founded({ slurm: false });
  const two = new TwoClusters();
  const record = { card: cardOf(two.alpha), by: 'root', madeAt: 1, until: 2 };
  await state.commit([], [{ key: `merge/pact/${ALPHA}`, put: record }]);
  const { pacts } = await ask(lookAtCluster, {});
  expect(pacts).toEqual([{ uuid: ALPHA, until: 2, nodes: two.beta.pacts[0]?.nodes }]);
});

test('it tells by which merge it is held, and that it has no SLURM', async () => {
  const { ask, founded, state } = stage();
  await founded({ slurm: false });
  const by = { uuid: BETA, name: 'beta' };
  const put = { by, operation: 'the-merge', allows: [], at: 1 };
  await state.commit([], [{ key: 'merge/lock', put }]);
  expect(await ask(lookAtCluster, {})).toMatchObject({ locked: 'the-merge', slurm: null });
});

test('where no controller answers, nothing is made up', async () => {
  const commands = slurm().on('scontrol', () => ({
    code: 1,
    stderr: 'slurm_load_ctl_conf error: Unable to contact slurm controller',
  }));
  const { ask, founded } = stage({ commands });
  await founded();
  await expect(ask(lookAtCluster, {})).rejects.toMatchObject({
    code: 'SERVER_ERROR',
    message: expect.stringContaining('Unable to contact'),
  });
});

test('Kubernetes is asked at one of its servers, wherever that is', async () => {
  const kube = await withKube();
  const [server] = [stage()];
  const places = placesOf(join(server.folder, 'k3s'), server.folder, server.folder);
  writeFileSync(places.serverAccess, await kube.kubeconfig('system:admin'));
  kube.objects.put('nodes', node('b2', { server: true }));
  kube.objects.put('nodes', node('b3'));
  for (const name of ['default', 'web']) kube.objects.put('namespaces', { metadata: { name } });
  const there = mergeLookKube(places);
  const asked: string[] = [];
  const hands: Hands = {
    async call(id, hand) {
      asked.push(`${id} ${hand.name}`);
      return hand.output.parse(await there());
    },
  };
  const membership = new StagedMembership(member('b1'), [member('b2', { roles: ['k3s-server'] })]);
  const { ask, founded } = stage({ membership, hands });
  await founded({ slurm: false });
  expect((await ask(lookAtCluster, {})).k3s).toEqual({
    version: '',
    servers: ['b2'],
    agents: ['b3'],
    namespaces: ['default', 'web'],
    clusterCidr: '10.1.0.0/16',
    serviceCidr: '10.43.0.0/16',
  });
  expect(asked).toEqual(['id-b2 merge/kube']);
  await expect(ask(lookAtKube, {})).rejects.toMatchObject({ code: 'UNSUPPORTED' });
});

/** The hand of a node that runs a server. */
function mergeLookKube(places: ReturnType<typeof placesOf>) {
  const { ask } = stage({
    kube: { places, server: { enabled: true, cluster_cidr: '10.1.0.0/16' } },
  } as object);
  return () => ask(lookAtKube, {});
}

test('a node tells its versions, its room, the numbers of users, and whom it reaches', async () => {
  const server = createServer((socket) => socket.destroy());
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  const commands = slurm()
    .on('slurmd', () => 'slurm-wlm 22.05.8\n')
    .on('k3s', () => 'k3s version v1.31.4+k3s1 (a562d090)\ngo version go1.22.9\n')
    .on('getent', (argv, options) => systemCommands.run(['getent', ...argv.slice(1)], options));
  const { ask } = stage({ commands });
  const seen = await ask(lookAtCrosser, {
    users: ['root', 'nobody-of-this-name', '-x'],
    reach: [`127.0.0.1:${port}`, '127.0.0.1:1'],
  });
  expect(seen).toMatchObject({
    hostName: 'b1.lab',
    agentVersion: '1.2.3',
    slurmVersion: '22.05.8',
    k3sVersion: 'v1.31.4+k3s1',
    mergingEnabled: true,
    stateKind: 'etcd',
    unreached: ['127.0.0.1:1'],
    users: { root: { uid: 0, gid: 0 }, 'nobody-of-this-name': null, '-x': null },
    keepBytes: 7,
    kept: [],
  });
  expect(seen.freeBytes).toBeGreaterThan(0);
});

test('a node without SLURM and k3s says so', async () => {
  const { ask } = stage({ commands: new StagedCommands() });
  expect(await ask(lookAtCrosser, { users: [] })).toMatchObject({
    slurmVersion: '',
    k3sVersion: '',
  });
});
