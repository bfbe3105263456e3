import { describe, expect, test } from 'vitest';
import { draftMerge } from '#agent/operations/merge/plan/draft';
import { mergeParams } from '#agent/operations/merge/types';
import { planFrom } from '#agent/operations/service/make';
import type { OperationKind } from '#agent/operations/types';
import { ALPHA, BETA, job, looking, TwoClusters } from '#tests/support/merge-plan';

const draft = (two: TwoClusters, more: object = {}) =>
  draftMerge(two.deps, { losing: BETA, ...more }, looking);

/** As the service makes it, for its hash. */
async function hashOf(two: TwoClusters): Promise<string> {
  const made = await draft(two);
  const kind: OperationKind = {
    kind: 'merge',
    version: 1,
    steps: () => [],
    draft: async () => made,
  };
  return planFrom(kind, made, { at: 0, by: 'root', checks: [] }).hash;
}

test('two clusters that are well can be merged: who stays, why, and in which order nodes cross', async () => {
  const two = new TwoClusters({}, { nodes: ['b1', 'b10', 'b2', 'b3'] });
  const plan = await draft(two);
  expect(plan.title).toBe('Merge beta into alpha');
  expect(plan.confirm).toBe('beta');
  expect(plan.rollbackMs).toBe(24 * 3_600_000);
  expect(plan.checks.filter(({ state }) => state !== 'ok')).toEqual([]);
  const params = mergeParams.parse(plan.params);
  expect(params.nodes.map(({ name }) => name)).toEqual(['b2', 'b3', 'b10', 'b1']);
  expect(params.nodes.map(({ isController }) => isController)).toEqual([false, false, false, true]);
  expect(params.anchor).toBe(two.beta.self);
  expect(params).toMatchObject({ leftJobs: 'wait', hasSlurm: true, gaining: { uuid: ALPHA } });
  // four are more than three: only an admin lets the smaller one stay
  expect(plan.reason).toContain('An administrator chose that alpha stays');
  expect(plan.reason).toContain('b2 crosses first');
});

test('control nodes cross after the workers, and the anchor after them', async () => {
  const two = new TwoClusters({}, { nodes: ['b1', 'b2', 'b3', 'b4'] });
  const [first, second] = two.beta.members;
  if (first === undefined || second === undefined || two.beta.slurm === null) throw new Error();
  second.roles = ['slurm-controller', 'slurm-worker'];
  two.beta.slurm.controllers = [second.id, first.id];
  const { nodes, anchor } = (await draft(two)).params;
  expect(nodes.map(({ name }) => name)).toEqual(['b3', 'b4', 'b1', 'b2']);
  expect(anchor).toBe(second.id);
});

test('without SLURM the one that leads the shared state is the anchor', async () => {
  const two = new TwoClusters();
  two.beta.slurm = null;
  two.beta.state.leader = two.beta.members[1]?.id ?? null;
  const { params, irreversible } = await draft(two);
  expect(params.nodes.map(({ name }) => name)).toEqual(['b1', 'b2']);
  expect(params.hasSlurm).toBe(false);
  expect(irreversible).toEqual([]);
});

test('whom it touches: what runs goes on, what waits is carried over or named with why not', async () => {
  const why = 'It is interactive: the one who started it waits for it there.';
  const jobs = [job('7', { state: 'RUNNING', nodes: ['b2'] }), job('8'), job('9', { stays: why })];
  const two = new TwoClusters({ jobs: [job('1', { state: 'RUNNING', nodes: ['a2'] })] }, { jobs });
  const { blast, irreversible } = await draft(two);
  expect(blast.goesOn.items.map(({ id, note }) => [id, note])).toEqual([
    ['7', 'It ends in beta, and b2 crosses after it.'],
    ['1', 'Nothing changes for it.'],
  ]);
  expect(blast.waits.items).toMatchObject([{ id: '8', note: expect.stringContaining('alpha') }]);
  expect(blast.cannot.items).toMatchObject([{ id: '9', note: expect.stringContaining(why) }]);
  expect(irreversible.join(' ')).not.toContain('cancelled');
  const cancelling = await draft(two, { left_jobs: 'cancel' });
  expect(cancelling.blast.cannot.items[0]?.note).toContain('It is cancelled.');
  expect(cancelling.irreversible.join(' ')).toContain('The job 9 cannot be carried over');
  expect(cancelling.params.leftJobs).toBe('cancel');
});

describe('an approval', () => {
  test('rests on nothing that changes by itself', async () => {
    const two = new TwoClusters();
    const before = await hashOf(two);
    two.nodes.set('b2', { freeBytes: 4 * 1024 ** 3, keepBytes: 1024 });
    if (two.beta.slurm === null) throw new Error();
    two.beta.slurm.jobs = [job('8')];
    two.beta.slurm.lastJobId += 5;
    for (const one of two.beta.members) one.stableSince = null;
    two.beta.state.leader = two.beta.members[1]?.id ?? null;
    two.beta.now += 60_000;
    expect(await hashOf(two)).toBe(before);
  });

  test.each<[what: string, change: (two: TwoClusters) => void]>([
    [
      'a node that was added',
      ({ alpha }) => {
        const [, one] = alpha.members;
        if (one !== undefined) alpha.members.push({ ...one, id: 'new', name: 'b2' });
      },
    ],
    ['a node that has gone', ({ beta }) => beta.members.pop()],
    [
      'another certificate',
      ({ beta: { members } }) => {
        const [one] = members;
        if (one !== undefined) one.fingerprint = one.fingerprint.replace(/^../, '00');
      },
    ],
    [
      'another controller',
      ({ beta: { slurm, members } }) => slurm?.controllers.unshift(members[1]?.id ?? ''),
    ],
    ['another SLURM', ({ nodes }) => nodes.set('b2', { slurmVersion: '22.05.9' })],
    ['other lines of slurm.conf', ({ alpha: { slurm } }) => slurm?.extra.push('TreeWidth=2')],
  ])('is void after %s', async (_what, change) => {
    const two = new TwoClusters();
    const before = await hashOf(two);
    change(two);
    expect(await hashOf(two)).not.toBe(before);
  });
});

test('any node of the other cluster will do, whichever answers', async () => {
  const two = new TwoClusters();
  two.silent.add('b1');
  const { checks } = await draft(two);
  expect(two.asked).toContain('b2 merge/cluster');
  const failed = checks.filter(({ state }) => state === 'failed');
  expect(failed.map(({ id, node }) => [id, node])).toEqual([['nodes', 'b1']]);
});

test('what cannot be planned is refused with what to do', async () => {
  const two = new TwoClusters();
  await expect(draftMerge(two.deps, { losing: 'beta' }, looking)).rejects.toMatchObject({
    code: 'INVALID_INPUT',
  });
  await expect(draftMerge(two.deps, { losing: ALPHA }, looking)).rejects.toMatchObject({
    code: 'INVALID_INPUT',
    message: expect.stringContaining('alpha'),
  });
  two.hasPact = false;
  await expect(draft(two)).rejects.toMatchObject({ code: 'NOT_FOUND' });
  two.hasPact = true;
  two.refusal = { cluster: 'beta', message: 'squeue failed: Unable to contact slurm controller.' };
  await expect(draft(two)).rejects.toMatchObject({
    code: 'SERVER_ERROR',
    message: 'beta: squeue failed: Unable to contact slurm controller.',
  });
  two.refusal = null;
  for (const name of ['b1', 'b2']) two.silent.add(name);
  await expect(draft(two)).rejects.toMatchObject({ code: 'NODE_UNREACHABLE' });
});
