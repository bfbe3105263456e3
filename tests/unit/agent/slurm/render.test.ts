import { expect, test } from 'vitest';
import type { SlurmConfig } from '#agent/roles/slurm/config';
import { clusterNameOf, firstJobIdOf } from '#agent/roles/slurm/names';
import {
  refusedLines,
  renderCgroupConf,
  renderGresConf,
  renderSlurmConf,
} from '#agent/roles/slurm/render';
import { slurmConfigWith } from '#tests/support/slurm-config';

const config = slurmConfigWith({
  clusterName: 'forge_0b0e5a2e',
  controllers: ['id-a1', 'id-a2'],
  stateSaveLocation: '/shared/slurmctld',
  shared: true,
  firstJobId: 400_001,
  slurmUser: 'slurm',
  revision: 3,
});
const controllers = [
  { name: 'a1', address: '10.77.1.1' },
  { name: 'a2', address: '10.77.1.2' },
];

/** Key to values, for keys may repeat. */
function parsed(text: string): Map<string, string[]> {
  const keys = new Map<string, string[]>();
  for (const line of text.split('\n')) {
    if (line === '' || line.startsWith('#')) continue;
    const split = line.indexOf('=');
    const key = line.slice(0, split);
    keys.set(key, [...(keys.get(key) ?? []), line.slice(split + 1)]);
  }
  return keys;
}
const rendered = (change: Partial<SlurmConfig> = {}) =>
  parsed(renderSlurmConf({ ...config, ...change }, controllers));

test('controllers stand in their order, and nodes are not in the file', () => {
  const keys = rendered();
  expect(keys.get('SlurmctldHost')).toEqual(['a1(10.77.1.1)', 'a2(10.77.1.2)']);
  expect([...keys.keys()].filter((key) => /^NodeName$/i.test(key))).toEqual([]);
  expect(keys.get('MaxNodeCount')).toEqual(['2048']);
  expect(keys.get('SelectType')).toEqual(['select/cons_tres']);
  expect(keys.get('PartitionName')).toEqual([
    'batch Nodes=ALL MaxTime=INFINITE State=UP Default=YES',
  ]);
});

test('the file depends on nothing but what all nodes agree on', () => {
  const once = renderSlurmConf(config, controllers);
  expect(renderSlurmConf({ ...config, revision: 9 }, controllers)).toBe(once);
  expect(renderSlurmConf({ ...config, partitions: ['gpu', 'fat'] }, controllers)).toBe(
    renderSlurmConf({ ...config, partitions: ['fat', 'gpu'] }, controllers),
  );
});

test('timeouts are whole seconds, rounded up', () => {
  const keys = rendered({ slurmctldTimeoutMs: 10_001, slurmdTimeoutMs: 299_001 });
  expect(keys.get('SlurmctldTimeout')).toEqual(['11']);
  expect(keys.get('SlurmdTimeout')).toEqual(['300']);
});

test('a partition of the workers holds the nodes that ask for it', () => {
  const keys = rendered({ partitions: ['gpu'] });
  expect(keys.get('NodeSet')).toEqual(['nodes_gpu Feature=partition_gpu']);
  expect(keys.get('PartitionName')).toContain('gpu Nodes=nodes_gpu MaxTime=INFINITE State=UP');
});

test('a line of the user replaces ours of that key', () => {
  const keys = rendered({ extra: ['SelectTypeParameters=CR_Core_Memory', 'mpidefault=pmix'] });
  expect(keys.get('SelectTypeParameters')).toEqual(['CR_Core_Memory']);
  expect(keys.get('MpiDefault')).toBeUndefined();
  expect(keys.get('mpidefault')).toEqual(['pmix']);
});

test('ended jobs are listed beside the jobs, unless somebody keeps an accounting', () => {
  const keys = rendered();
  expect(keys.get('JobCompType')).toEqual(['jobcomp/filetxt']);
  expect(keys.get('JobCompLoc')).toEqual([`${config.stateSaveLocation}/ended_jobs`]);
  for (const line of [
    'AccountingStorageType=accounting_storage/slurmdbd',
    'JobCompType=jobcomp/elasticsearch',
  ]) {
    const own = rendered({ extra: [line] });
    expect(own.has('JobCompLoc')).toBe(false);
    expect(own.get('JobCompType') ?? []).not.toContain('jobcomp/filetxt');
  }
});

test("the user's default partition is the only default", () => {
  const line = 'PartitionName=night Nodes=ALL Default=YES MaxTime=8:00:00';
  const partitions = rendered({ extra: [line] }).get('PartitionName') ?? [];
  expect(partitions.filter((text) => text.includes('Default=YES'))).toEqual([
    'night Nodes=ALL Default=YES MaxTime=8:00:00',
  ]);
  expect(partitions).toHaveLength(2);
});

test('the user may define batch anew', () => {
  const line = 'PartitionName=batch Nodes=ALL Default=YES MaxTime=1:00:00';
  expect(rendered({ extra: [line] }).get('PartitionName')).toEqual([
    'batch Nodes=ALL Default=YES MaxTime=1:00:00',
  ]);
});

test.each([
  'ClusterName=mine',
  'SlurmctldHost=evil(6.6.6.6)',
  'statesavelocation = /tmp',
  'Include /etc/passwd',
  'NodeName=x',
  'MpiDefault=none \\',
])('what the cluster decides is not overruled by "%s"', (line) => {
  expect(refusedLines([line])).toEqual([line]);
  expect(renderSlurmConf({ ...config, extra: [line] }, controllers)).toBe(
    renderSlurmConf(config, controllers),
  );
});

test('jobs are held in cgroups only where the machines have them', () => {
  expect(rendered({ containment: 'cgroup' }).get('ProctrackType')).toEqual(['proctrack/cgroup']);
  expect(rendered().get('ProctrackType')).toEqual(['proctrack/linuxproc']);
  expect(renderCgroupConf('cgroup')).toContain('ConstrainDevices=yes');
  // without it slurmd 22.05 ends at once
  expect(renderCgroupConf('linuxproc')).toContain('CgroupPlugin=cgroup/v1');
});

test('each GPU has its line', () => {
  expect(parsed(renderGresConf(['/dev/nvidia0', '/dev/nvidia1'])).get('Name')).toEqual([
    'gpu File=/dev/nvidia0',
    'gpu File=/dev/nvidia1',
  ]);
});

test.each([
  ['Forge', 'forge_0b0e5a2e'],
  ['Übung Raum 7!', 'ubung_raum_7_0b0e5a2e'],
  ['___', 'cluster_0b0e5a2e'],
  ['x'.repeat(80), `${'x'.repeat(30)}_0b0e5a2e`],
])('SLURM calls the cluster %s by %s', (name, expected) => {
  expect(clusterNameOf(name, '0b0e5a2e-0000-4000-8000-000000000001')).toBe(expected);
});

test('clusters of one name have names and job ids of their own', () => {
  const uuids = Array.from({ length: 50 }, () => crypto.randomUUID());
  expect(new Set(uuids.map((uuid) => clusterNameOf('lab', uuid))).size).toBe(50);
  for (const uuid of uuids) {
    const first = firstJobIdOf(uuid);
    expect(first).toBe(firstJobIdOf(uuid));
    expect(first).toBeGreaterThan(0);
    expect(first + 100_000).toBeLessThan(67_043_328);
  }
});
