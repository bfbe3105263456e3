// An agent's facts and API for a cluster of five hosts, whose jobs change every second.

import { generateKeyPairSync, X509Certificate } from 'node:crypto';
import { createApi } from '#agent/api/api';
import type { Tokens } from '#agent/api/types';
import { createFacts } from '#agent/facts/facts';
import type { Facts } from '#agent/facts/types';
import { systemClock } from '#agent/host/clock';
import { makeNodeCertificate } from '#agent/identity/certificate';
import { LocalCluster } from '#agent/membership/local';
import type { Logger } from '#agent/ports';
import type { SlurmFacts } from '#agent/roles/slurm/types';
import { createSqliteState } from '#agent/state/sqlite/state';
import { SqliteStore } from '#agent/state/sqlite/store';
import { cpuMs, tell } from './messages';

const HOSTS = 5;
const JOBS = 200;
const TOKEN = 'cdk_bench_viewer';
const GIB = 1024 ** 3;

const clock = systemClock;
const quiet = () => undefined;
const logger: Logger = { debug: quiet, info: quiet, warn: quiet, error: quiet };

/** Jobs that come, run and go, without a daemon. */
function busySlurm() {
  const listeners = new Set<() => void>();
  let turn = 0;
  const look = (): SlurmFacts => ({
    controller: { status: 'running', message: '' },
    worker: { status: 'running', message: '' },
    primary: 'a1',
    jobs: Array.from({ length: JOBS }, (_, n) => ({
      id: String(turn + n),
      name: `train-${n}`,
      state: n % 3 === 0 ? 'PENDING' : 'RUNNING',
      user: 'ada',
      time: `0:${turn % 60}`,
      partition: 'main',
      nodes: n % 3 === 0 ? [] : [`a${(n % HOSTS) + 1}`],
      reason: n % 3 === 0 ? 'Resources' : '',
      submit_time: 1_763_700_000 + n,
      cpus: 2,
    })),
    jobCount: JOBS,
    nodes: Array.from({ length: HOSTS }, (_, n) => ({
      name: `a${n + 1}`,
      state: 'mixed',
      drain: 'none',
      reason: '',
      cpus: 16,
      cpusAllocated: 8,
      partitions: ['main'],
    })),
    partitions: [
      { name: 'main', state: 'up', default: true, nodes: HOSTS, cpus: 80, cpus_allocated: 40 },
    ],
    asOf: Date.now(),
    trouble: null,
  });
  let facts = look();
  setInterval(() => {
    turn += 1;
    facts = look();
    for (const listener of listeners) listener();
  }, 1000);
  return {
    facts: () => facts,
    onChange(listener: () => void) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    actOnNode: async () => 'idle',
    actOnJob: async () => 'RUNNING',
  };
}

const { certPem, keyPem } = await makeNodeCertificate(
  generateKeyPairSync('ed25519'),
  ['localhost', '127.0.0.1'],
  Date.now(),
);
const certificate = new X509Certificate(certPem).raw;
const identity = {
  uuid: '0b0e5a2e-0000-4000-8000-00000000be0c',
  name: 'bench',
  region: '',
  datacenter: '',
  createdAt: 1_763_700_000,
};
const cluster = new LocalCluster(identity, clock);
const store = new SqliteStore(':memory:', clock);
const slurm = busySlurm();
const reading = {
  cpuCores: 16,
  memTotalBytes: 64 * GIB,
  memAvailableBytes: 40 * GIB,
  diskTotalBytes: 500e9,
  diskAvailableBytes: 200e9,
  gpus: 1,
  arch: 'amd64',
};
const all: Facts[] = [];
for (let n = 1; n <= HOSTS; n += 1) {
  const membership = cluster.add({
    id: `id-a${n}`,
    name: `a${n}`,
    address: `10.77.1.${n}`,
    apiPort: 9090,
    certificate,
    roles: ['slurm-worker'],
    voter: true,
  });
  const facts = createFacts({
    membership,
    state: createSqliteState(store, clock),
    stateKind: 'sqlite',
    machine: { read: async () => ({ ...reading, cpuUsed: Math.random() }) },
    slurm,
    kube: null,
    services: { found: () => [], units: () => [] },
    roles: () => [],
    network: () => ({
      type: 'address',
      connected: true,
      tailscaleIp: '',
      tailscaleEnabled: false,
      peerCount: null,
      message: '',
    }),
    raftLeader: async () => 'id-a1',
    problems: () => [],
    clock,
    logger,
    version: 'bench',
    samplesPath: null,
  });
  await facts.start();
  all.push(facts);
}
const [facts] = all;
if (facts === undefined) throw new Error('There is no host');
const refuse = async () => {
  throw new Error('not here');
};
const tokens: Tokens = {
  check: async (token) =>
    token === TOKEN
      ? { kind: 'valid', holder: { id: 'bench', name: 'bench', role: 'viewer' } }
      : { kind: 'unknown' },
  list: async () => [],
  create: refuse,
  revoke: refuse,
};
const api = createApi(
  {
    facts,
    state: createSqliteState(store, clock),
    slurm,
    tokens,
    peers: [],
    clock,
    logger,
    version: 'bench',
  },
  { port: 0, loopback: [], addresses: ['127.0.0.1'], socketPath: null, certPem, keyPem },
);
await api.start();
const since = process.cpuUsage();
process.on('message', () =>
  tell({ cpuMs: cpuMs(since), rssMiB: process.memoryUsage().rss / 2 ** 20 }),
);
process.on('disconnect', () => process.exit(0));
tell({ url: api.endpoints()[0]?.url, token: TOKEN });
