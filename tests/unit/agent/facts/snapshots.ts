import type { NodeFacts, Snapshot } from '#agent/facts/types';
import type { Member } from '#agent/membership/types';
import type { SlurmFacts } from '#agent/roles/slurm/types';
import { member, NO_SLURM } from '#tests/support/agent';

export const NOW = 1_763_700_000_000;

export function nodeFactsOf(name: string, wish: Partial<NodeFacts> = {}): NodeFacts {
  return {
    name,
    version: '0.1.0',
    measuredAt: NOW - 2_000,
    toldAt: NOW - 1_000,
    since: NOW - 600_000,
    load: {
      cpu: 0.5,
      memoryUsedBytes: 4 * 1024 ** 3,
      memoryTotalBytes: 16 * 1024 ** 3,
      diskUsedBytes: 40e9,
      diskTotalBytes: 100e9,
    },
    roles: [],
    units: [],
    services: [],
    problems: [],
    ...wish,
  };
}

/** A healthy cluster of three at one moment, changed as a test wishes. */
export function snapshotOf(wish: Partial<Snapshot> = {}): Snapshot {
  const self = member('a1', { roles: ['slurm-controller', 'slurm-worker'] });
  const members: Member[] = [self, member('a2'), member('a3')];
  const owned = { cpuCores: 8, memTotalBytes: 16 * 1024 ** 3, gpus: 1, arch: 'amd64' };
  return {
    at: NOW,
    version: '0.1.0',
    startedAt: NOW - 3_600_000,
    cluster: {
      uuid: '0b0e5a2e-0000-4000-8000-000000000001',
      name: 'forge',
      region: 'eu',
      datacenter: 'room-7',
      createdAt: NOW / 1000 - 86_400,
    },
    self,
    members,
    gossipRunning: true,
    network: {
      type: 'tailscale',
      connected: true,
      tailscaleIp: '100.64.0.1',
      tailscaleEnabled: true,
      peerCount: 2,
      message: '',
    },
    stateKind: 'etcd',
    state: 'ok',
    stateAsOf: NOW - 1_000,
    hardware: new Map(members.map(({ id }) => [id, owned])),
    facts: new Map(members.map(({ id, name }) => [id, nodeFactsOf(name)])),
    leaders: {
      slurm: { nodeId: self.id, epoch: 7 },
      k3s: null,
      raft: { nodeId: 'id-a2', epoch: null },
    },
    slurm: slurmOf({}),
    kube: null,
    clockSkews: new Map(),
    problems: [],
    ...wish,
  };
}

export function slurmOf(wish: Partial<SlurmFacts>): SlurmFacts {
  return {
    ...NO_SLURM,
    controller: { status: 'running', message: 'a1 answers.' },
    worker: { status: 'running', message: '' },
    primary: 'a1',
    asOf: NOW - 2_000,
    ...wish,
  };
}
