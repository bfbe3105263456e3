import { expect, test } from 'vitest';
import { recordings } from './recordings';
import { Replay } from './replay';
import { stage } from './stage';

const NO_SNAPSHOTS = 'the lab takes no snapshots';
const NO_LOAD = 'the recording machine could not run this';

/** Recorded requests that say nothing about the lab, and why. */
const LEFT_OUT: Record<string, string> = {
  'node-time': NO_LOAD,
  'node-services': NO_LOAD,
  'ha-not-stubbed': NO_LOAD,
  'delete-vm-other': NO_LOAD,
  'node-offline-rrd': 'the lab remembers a member that was there once',
  'root-html': 'the lab has no web interface',
  'cluster-log': 'the lab logs tasks, not logins',
  'start-taskstatus-final': 'ended with a warning about a missing bridge',
  'rrd-hour': 'held against the recordings in rrd.test.ts',
  'rrd-day': 'held against the recordings in rrd.test.ts',
  'rrd-month': 'held against the recordings in rrd.test.ts',
  'rrd-decade': 'held against the recordings in rrd.test.ts',
  'rrd-max': 'held against the recordings in rrd.test.ts',
  'storage-rrd': 'held against the recordings in rrd.test.ts',
  'vm-rrd': 'held against the recordings in rrd.test.ts',
  snapshots: NO_SNAPSHOTS,
};

function leftOut(name: string): boolean {
  return LEFT_OUT[name] !== undefined || /^snapshot|^rrd-/.test(name);
}

/** Replays a file in its order and gathers what differs, by request. */
async function differences(
  file: string,
  replay: Replay,
  before: Record<string, () => void> = {},
): Promise<Record<string, string[]>> {
  const out: Record<string, string[]> = {};
  for (const recording of recordings(file)) {
    if (leftOut(recording.name)) continue;
    before[recording.name]?.();
    const found = await replay.differences(recording);
    if (found.length > 0) out[recording.name] = found;
  }
  return out;
}

test('logins, tokens, permissions and the directory answer as recorded', async () => {
  const cluster = await stage('alone', [{ pool: 'lab' }]);
  expect(await differences('auth', new Replay(cluster))).toEqual({});
});

test('a second factor is asked for and answered as recorded', async () => {
  const cluster = await stage('alone', []);
  expect(await differences('tfa', new Replay(cluster))).toEqual({});
});

test('reading answers as recorded, mistakes included', async () => {
  const cluster = await stage('alone', [{ pool: 'lab' }]);
  expect(await differences('read', new Replay(cluster))).toEqual({});
});

test('the life of guests answers as recorded', async () => {
  const cluster = await stage('alone', [{ pool: 'lab', ignoresPowerButton: true }]);
  const found = await differences('lifecycle', new Replay(cluster), {
    'clone-full': () => cluster.failNextTask('clone failed: copy failed'),
  });
  expect(found).toEqual({});
});

test('a running guest answers as recorded', async () => {
  const cluster = await stage('alone', [{ template: true }]);
  expect(await differences('running-guest', new Replay(cluster))).toEqual({});
});

test('the metrics export answers as recorded', async () => {
  const cluster = await stage('alone', [{ template: true }]);
  expect(await differences('metrics', new Replay(cluster))).toEqual({});
});

test('a cluster with members away, and then without quorum, answers as recorded', async () => {
  const cluster = await stage('cluster', [
    { vmid: 300, name: 'here', tags: [], agent: false },
    { vmid: 301, node: 'pve2', tags: ['lab'] },
    { vmid: 302, node: 'pve3', kind: 'lxc', tags: [] },
  ]);
  cluster.site.cluster.forceQuorum(true);
  const replay = new Replay(cluster);
  expect(await differences('cluster-quorate-two-nodes-offline', replay)).toEqual({});
  cluster.noQuorum();
  expect(await differences('cluster-no-quorum', replay)).toEqual({});
});

test('a sibling that refuses, is silent or shows a wrong certificate answers as recorded', async () => {
  const cluster = await stage('cluster', []);
  const replay = new Replay(cluster);
  const node = cluster.site.cluster.node('pve2');
  const found = await differences('proxy-errors', replay, {
    'offline-node-conn-refused': () => {
      node.trouble = 'refused';
    },
    'offline-node-accepts-but-silent': () => {
      node.trouble = 'timeout';
    },
    'peer-wrong-certificate': () => {
      node.trouble = 'certificate';
    },
  });
  expect(found).toEqual({});
});
