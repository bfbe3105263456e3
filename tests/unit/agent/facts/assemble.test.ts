import { describe, expect, test } from 'vitest';
import { assembleCluster } from '#agent/facts/assemble/cluster';
import { assembleJobs } from '#agent/facts/assemble/jobs';
import { assembleLeaders } from '#agent/facts/assemble/leaders';
import { assembleNodes } from '#agent/facts/assemble/nodes';
import { assembleServices } from '#agent/facts/assemble/services';
import { assembleStatus } from '#agent/facts/assemble/status';
import { gigabytes } from '#agent/facts/assemble/units';
import { SERVICE_NAMES } from '#shared/contract/agent/dashboard';
import { member } from '#tests/support/agent';
import { NOW, nodeFactsOf, slurmOf, snapshotOf } from './snapshots';

/** The keys that clients of the original plan read, at their places. */
const keysOf = (value: object) => Object.keys(value).toSorted();

describe('exact keys', () => {
  test('status', () => {
    const status = assembleStatus(snapshotOf());
    expect(keysOf(status.node)).toEqual(['cluster', 'datacenter', 'id', 'name', 'region']);
    expect(status.networking).toEqual({
      type: 'tailscale',
      connected: true,
      tailscale_ip: '100.64.0.1',
    });
    expect(keysOf(status.discovery)).toEqual(['member_list', 'members', 'serf']);
    expect(status.leadership).toEqual({ mode: 'etcd', is_leader: false, leader: 'a2' });
    expect(status.system_services.map(({ Name }) => Name)).toEqual([...SERVICE_NAMES]);
    expect(keysOf(status.system_services[0] ?? {})).toEqual(['Message', 'Name', 'Status']);
    expect(keysOf(status.resources.disk ?? {})).toEqual([
      'available_bytes',
      'total_bytes',
      'used_bytes',
      'used_percent',
    ]);
  });

  test('nodes, leaders, services, cluster and jobs', () => {
    const snapshot = snapshotOf();
    const [node] = assembleNodes(snapshot).nodes;
    expect(keysOf(node ?? {})).toEqual(
      expect.arrayContaining(
        'address capabilities id joined_at last_seen name roles status tags tailscale_ip wireguard_ip wireguard_key'.split(
          ' ',
        ),
      ),
    );
    expect(keysOf(node?.capabilities ?? {})).toEqual(['arch', 'cpu', 'gpu', 'ram']);
    expect(keysOf(assembleLeaders(snapshot).leaders)).toEqual([
      'k3s-server',
      'local_node',
      'raft',
      'slurm-controller',
    ]);
    const { services } = assembleServices(snapshot);
    expect(services.tailscale).toEqual({
      enabled: true,
      connected: true,
      ip: '100.64.0.1',
      peer_count: 2,
    });
    expect(keysOf(services.slurm)).toEqual([
      'controller',
      'nodes_in_partition',
      'queued_jobs',
      'worker',
    ]);
    expect(keysOf(services.k3s)).toEqual(['agent', 'server']);
    expect(keysOf(assembleCluster(snapshot).capacity)).toEqual([
      'total_cpu_cores',
      'total_gpus',
      'total_ram',
    ]);
    expect(keysOf(assembleJobs(snapshot).jobs)).toEqual(['k3s', 'slurm']);
  });
});

describe('honest values', () => {
  test('capacity is summed over nodes that live and belong here', () => {
    const members = [
      member('a1'),
      member('a2', { status: 'failed' }),
      member('a3'),
      member('a4', { status: 'left' }),
      member('x9', { authenticated: false }),
    ];
    const owned = { cpuCores: 8, memTotalBytes: 16 * 1024 ** 3, gpus: 2, arch: 'amd64' };
    const hardware = new Map(members.map(({ id }) => [id, owned]));
    expect(assembleCluster(snapshotOf({ members, hardware }))).toMatchObject({
      total_nodes: 3,
      alive_nodes: 2,
      capacity: { total_cpu_cores: 16, total_ram: '32GB', total_gpus: 4 },
      role_distribution: { 'slurm-worker': 2 },
    });
  });

  test('a node that did not prove the key is listed with nothing it says of itself', () => {
    const stranger = member('x9', { authenticated: false, fingerprint: '' });
    const snapshot = snapshotOf({
      members: [member('a1'), stranger],
      facts: new Map([[stranger.id, nodeFactsOf('x9')]]),
    });
    const shown = assembleNodes(snapshot).nodes.find(({ name }) => name === 'x9');
    expect(shown).toMatchObject({
      authenticated: false,
      roles: [],
      tags: {},
      load: null,
      capabilities: { cpu: 0, ram: '0GB', gpu: 0, arch: '' },
    });
  });

  test('a node that is away keeps its capabilities and has no load', () => {
    const members = [member('a1'), member('a2', { status: 'failed' })];
    const facts = new Map([['id-a1', nodeFactsOf('a1')]]);
    const a2 = assembleNodes(snapshotOf({ members, facts })).nodes.find(({ id }) => id === 'id-a2');
    expect(a2).toMatchObject({ load: null, capabilities: { cpu: 8, ram: '16GB' } });
  });

  test('the leader of SLURM is who answers as such, elected or not, and only while it lives', () => {
    const elected = snapshotOf();
    expect(assembleLeaders(elected).leaders['slurm-controller']).toEqual({
      node_id: 'id-a1',
      name: 'a1',
      address: '10.77.1.1',
      epoch: 7,
    });
    const silent = snapshotOf({ slurm: slurmOf({ primary: null }) });
    expect(assembleLeaders(silent).leaders['slurm-controller']).toEqual({ status: 'no_leader' });
    const backup = snapshotOf({ slurm: slurmOf({ primary: 'a3' }) });
    expect(assembleLeaders(backup).leaders['slurm-controller']).toEqual({
      node_id: 'id-a3',
      name: 'a3',
      address: '10.77.1.3',
    });
    const dead = snapshotOf({ members: [member('a2'), member('a1', { status: 'failed' })] });
    expect(assembleLeaders(dead).leaders['slurm-controller']).toEqual({ status: 'no_leader' });
    expect(assembleLeaders(dead).leaders.local_node?.is_leader_for).toEqual([]);
  });

  test('jobs are counted where they run', () => {
    const job = {
      id: '1',
      name: 'train',
      state: 'RUNNING',
      user: 'ada',
      time: '0:10',
      partition: 'main',
      nodes: ['a2', 'a3'],
      reason: '',
      submit_time: NOW / 1000,
      cpus: 16,
    };
    const jobs = [
      job,
      { ...job, id: '2', nodes: ['a2'] },
      { ...job, id: '3', state: 'PENDING', nodes: [], reason: 'Priority' },
      { ...job, id: '4', state: 'COMPLETED', nodes: ['a2'] },
    ];
    const snapshot = snapshotOf({ slurm: slurmOf({ jobs, jobCount: 12_000 }) });
    const counts = assembleNodes(snapshot).nodes.map(({ name, running_jobs: n }) => [name, n]);
    expect(counts).toEqual([
      ['a1', 0],
      ['a2', 2],
      ['a3', 1],
    ]);
    expect(assembleJobs(snapshot).jobs.slurm.count).toBe(12_000);
    expect(assembleServices(snapshot).services.slurm.queued_jobs).toBe(1);
  });

  test('a stopped service is told as stopped, and one nobody looked at as unknown', () => {
    const units = [
      { name: 'slurmctld', status: 'stopped' as const, message: 'It was stopped.' },
      { name: 'munge', status: 'running' as const, message: '' },
    ];
    const facts = new Map([['id-a1', nodeFactsOf('a1', { units })]]);
    const shown = assembleStatus(snapshotOf({ facts })).system_services;
    const of = (name: string) => shown.find(({ Name }) => Name === name)?.Status;
    expect([of('slurmctld'), of('munge'), of('slurmd')]).toEqual(['stopped', 'running', 'unknown']);
  });

  test('the same service on two nodes stands there twice', () => {
    const service = {
      name: 'jupyterhub',
      address: '10.77.1.1',
      port: 8080,
      status: 'running' as const,
      message: '',
      url: 'http://10.77.1.1:8080/',
      lastSeen: NOW,
    };
    const ttyd = { ...service, name: 'ttyd', port: 7681 };
    const facts = new Map([
      ['id-a1', nodeFactsOf('a1', { services: [service, ttyd] })],
      ['id-a2', nodeFactsOf('a2', { services: [{ ...service, address: '10.77.1.2' }] })],
    ]);
    const { endpoints } = assembleServices(snapshotOf({ facts })).services;
    expect(keysOf(endpoints ?? {})).toEqual(['jupyterhub@a1', 'jupyterhub@a2', 'ttyd']);
    expect(endpoints?.['jupyterhub@a2']).toMatchObject({ node_id: 'id-a2', last_seen: NOW / 1000 });
  });

  test('memory is told as it is sold', () => {
    expect([0, 5e8, 2 ** 30, 33_544_617_984, 16.4 * 2 ** 30].map(gigabytes)).toEqual([
      '0GB',
      '477MB',
      '1GB',
      '31GB',
      '16GB',
    ]);
  });
});

describe('age', () => {
  test('fresh parts make a fresh answer', () => {
    expect(assembleJobs(snapshotOf())).toMatchObject({ as_of: NOW / 1000 - 2, stale: false });
    expect(assembleCluster(snapshotOf()).stale_reason).toBeUndefined();
  });

  test('an answer is as old as its oldest part, and says which that is', () => {
    const old = snapshotOf({
      slurm: slurmOf({ asOf: NOW - 40_000, trouble: 'squeue did not answer in 5 s.' }),
    });
    expect(assembleJobs(old)).toMatchObject({
      as_of: NOW / 1000 - 40,
      stale: true,
      stale_reason: 'SLURM was last seen 40 s ago. squeue did not answer in 5 s.',
    });
    expect(assembleCluster(old).stale).toBe(false);
  });

  test('what never answered is no answer of now', () => {
    const never = snapshotOf({ slurm: slurmOf({ asOf: null }), stateAsOf: null });
    expect(assembleJobs(never)).toMatchObject({ as_of: 0, stale: true });
    expect(assembleNodes(never).stale_reason).toBe(
      'The shared state has not answered yet. SLURM has not answered yet.',
    );
    expect(assembleServices(never).services.slurm.queued_jobs).toBeUndefined();
  });

  test('without quorum the last known is told as such', () => {
    const answer = assembleNodes(snapshotOf({ state: 'read-only' }));
    expect(answer.stale).toBe(true);
    expect(answer.stale_reason).toContain('no quorum');
    expect(answer.nodes).toHaveLength(3);
  });

  test('without SLURM there is nothing to wait for', () => {
    const none = assembleJobs(snapshotOf({ slurm: null }));
    expect(none).toMatchObject({ stale: false, as_of: NOW / 1000 });
    expect(none.jobs.slurm).toEqual({ jobs: [], count: 0 });
  });
});
