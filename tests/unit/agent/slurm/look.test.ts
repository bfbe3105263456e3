import fc from 'fast-check';
import { expect, test } from 'vitest';
import { expandHosts } from '#agent/roles/slurm/hostlist';
import { listing } from '#agent/roles/slurm/listing';
import { complaint, look, secondsOf, usedText } from '#agent/roles/slurm/look';
import { inControl, pingControllers } from '#agent/roles/slurm/ping';
import { listed, recordedSlurm, StagedCommands } from '#tests/support/slurm';

const SOON = { deadlineMs: 5_000 };

test('jobs are read as SLURM 22.05 prints them', async () => {
  const { jobs } = await look(recordedSlurm(), SOON);
  expect(jobs).toHaveLength(7);
  expect(jobs[0]).toEqual({
    id: '400006',
    name: 'odd "name" | 7,x',
    state: 'PENDING',
    user: 'root',
    usedS: 0,
    partition: 'batch',
    nodes: [],
    reason: 'Resources',
    cpus: 1,
    submitTime: 1_795_308_356,
  });
  expect(jobs[2]).toMatchObject({ id: '400005_[1-5]', reason: 'JobHeldUser' });
  expect(jobs[6]).toMatchObject({ id: '400004', nodes: ['a2', 'a3'], usedS: 86, reason: '' });
});

test('nodes and partitions are read as SLURM 22.05 prints them', async () => {
  const { nodes, partitions } = await look(recordedSlurm(), SOON);
  expect(nodes.map(({ name, state, drain }) => [name, state, drain])).toEqual([
    ['a1', 'idle', 'none'],
    ['a2', 'down', 'none'],
    ['a3', 'draining', 'draining'],
  ]);
  expect(nodes[2]).toMatchObject({
    reason: 'bad fan, see ticket 12',
    cpus: 2,
    cpusAllocated: 1,
    partitions: ['batch', 'gpu'],
  });
  expect(partitions).toEqual([
    { name: 'batch', state: 'up', default: true, nodes: 3, cpus: 6, cpus_allocated: 1 },
    { name: 'gpu', state: 'up', default: false, nodes: 1, cpus: 2, cpus_allocated: 1 },
  ]);
});

test.each([
  ['down*', 'down', 'none', 'It does not answer the controller.'],
  ['drained*', 'drained', 'drained', 'It does not answer the controller.'],
  ['idle~', 'idle', 'none', ''],
  ['MIXED$', 'mixed', 'none', ''],
  ['allocated+', 'allocated', 'none', ''],
])('the state %s is %s', async (printed, state, drain, reason) => {
  const commands = recordedSlurm().on('sinfo', (argv) =>
    listed(argv, [['n1', printed, '0/2/0/2', 'batch', 'up', 'none']]),
  );
  const { nodes } = await look(commands, SOON);
  expect(nodes).toMatchObject([{ state, drain, reason }]);
});

test('a node in two partitions is one node, and a partition may have none', async () => {
  const commands = recordedSlurm().on('sinfo', (argv) =>
    listed(argv, [
      ['n1', 'idle', '0/2/0/2', 'batch*', 'up', 'none'],
      ['n1', 'idle', '0/2/0/2', 'gpu', 'inact', 'none'],
      ['', 'n/a', '0/0/0/0', 'night', 'down', ''],
    ]),
  );
  const { nodes, partitions } = await look(commands, SOON);
  expect(nodes).toMatchObject([{ name: 'n1', partitions: ['batch', 'gpu'] }]);
  expect(partitions.map(({ name, state, nodes }) => [name, state, nodes])).toEqual([
    ['batch', 'up', 1],
    ['gpu', 'inactive', 1],
    ['night', 'down', 0],
  ]);
});

test('no text of a job can pass for another job', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.string(), fc.string())), (rows) => {
      const { format, rows: read } = listing(['%i', '%j']);
      expect(read(listed(['-o', format], rows))).toEqual(rows);
    }),
  );
  const forged = '1\u001fMARK2\u001fMARK.\n3\u001fMARK';
  const { format, rows } = listing(['%i', '%j']);
  expect(rows(listed(['-o', format], [['7', forged]]))).toEqual([['7', forged]]);
});

test.each(['garbage\n', 'slurm: 1 2 3', '\u001f'])('%j is no listing', (text) => {
  expect(() => listing(['%i', '%j']).rows(text)).toThrow(/cannot be understood/);
});

test('an empty queue is empty', () => {
  expect(listing(['%i']).rows('')).toEqual([]);
});

test('a refusal is told in the words of SLURM', async () => {
  const stderr = 'slurm_load_jobs error: Unable to contact slurm controller (connect failure)\n';
  const commands = recordedSlurm().on('squeue', () => ({ code: 1, stderr }));
  await expect(look(commands, SOON)).rejects.toMatchObject({
    code: 'SERVER_ERROR',
    message: 'squeue failed: Unable to contact slurm controller (connect failure).',
  });
  expect(complaint('scancel: error: Kill job error on job id 4: Access/permission denied\n')).toBe(
    'Kill job error on job id 4: Access/permission denied',
  );
});

test('the first controller that answers is in control', async () => {
  const ping = (text: string) => pingControllers(new StagedCommands().on('scontrol', () => text));
  expect(inControl(await pingControllers(recordedSlurm()))).toBe('a1');
  const backup =
    'Slurmctld(primary) at a1 is DOWN\nSlurmctld(backup) at a2 is UP\n' +
    '*****************************************\n** RESTORE SLURMCTLD DAEMON TO SERVICE **\n';
  expect(inControl(await ping(backup))).toBe('a2');
  expect(inControl(await ping('Slurmctld(primary) at a1 is DOWN\n'))).toBeNull();
  expect(inControl(await ping('something else'))).toBeNull();
});

test.each([
  ['a1', ['a1']],
  ['a[1-3]', ['a1', 'a2', 'a3']],
  ['a[1,3-4],b7', ['a1', 'a3', 'a4', 'b7']],
  ['n[08-11]', ['n08', 'n09', 'n10', 'n11']],
  ['r[1-2]n[1-2]', ['r1n1', 'r1n2', 'r2n1', 'r2n2']],
  ['gpu[1-2]-lab', ['gpu1-lab', 'gpu2-lab']],
  ['', []],
  ['x[9-1]', []],
  ['x[a-b]', []],
])('%s is %j', (short, hosts) => {
  expect(expandHosts(short)).toEqual(hosts);
});

test('a range without an end fills no memory', () => {
  expect(expandHosts('a[0-99999999]').length).toBeLessThanOrEqual(4096);
  expect(expandHosts('a[0-2000]b[0-2000]').length).toBeLessThanOrEqual(4096);
});

test('times are read as squeue prints them, and printed so', () => {
  for (const text of ['0:00', '3:04', '59:59', '2:03:04', '1-02:03:04', '400-00:00:00']) {
    expect(usedText(secondsOf(text))).toBe(text);
  }
  expect(secondsOf('INVALID')).toBe(0);
  expect(secondsOf('')).toBe(0);
});
