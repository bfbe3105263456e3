import { expect, onTestFinished, test } from 'vitest';
import { systemClock } from '#agent/host/clock';
import { ACTIVE } from '#agent/operations/engine/journal';
import * as hands from '#agent/operations/merge/hands';
import { LOCK, lockedBy } from '#agent/operations/merge/lock-record';
import { LetGo } from '#agent/operations/merge/node/let-go';
import { heldSlurm } from '#agent/operations/merge/node/let-go-slurm';
import { Pacts } from '#agent/operations/merge/pact/pacts';
import { CONFIG_KEY } from '#agent/roles/slurm/config';
import { fail } from '#shared/contract/errors';
import { KeptLog, StagedSlurm } from '#tests/support/agent';
import { cardNode, cardOf, fingerprintOf } from '#tests/support/merge-guests';
import { listed } from '#tests/support/slurm';
import { OPERATION } from '../crossing/node';
import { NodeStage } from './stage';

const OTHER = '0b9d4e0e-6f0e-4c8e-9a36-0c1f1f0a0002';
const GUEST = fingerprintOf(0xa1);
const BEFORE = { batch: 'UP', gpu: 'DOWN' };

interface Waiting {
  isHeld: boolean;
  comment: string;
}

/** South is held for a merge that north carries out: closed, b2 drained and without its seat. */
async function held() {
  const stage = await NodeStage.of('b1');
  const { state, membership, commands, gaining } = stage;
  let ahead = 0;
  const clock = {
    ...systemClock,
    monotonic: () => systemClock.monotonic() + ahead,
    sleep: async (ms: number) => void (ahead += ms),
  };
  const controller = { refuses: false };
  const pacts = new Pacts({ state, clock, logger: new KeptLog() });
  onTestFinished(() => pacts.close());
  const slurm = new StagedSlurm();
  const workers = new Map([
    ['b1', { state: 'drained', reason: 'a broken fan' }],
    ['b2', { state: 'draining', reason: `leaves (operation ${OPERATION})` }],
    ['b3', { state: 'drained', reason: `leaves (operation ${OTHER})` }],
  ]);
  const jobs = new Map<string, Waiting>([
    ['11', { isHeld: true, comment: `clusterdeck:${OPERATION}:free` }],
    ['12', { isHeld: true, comment: '' }],
  ]);
  const sinfo = (argv: readonly string[]) =>
    listed(
      argv,
      (argv.at(-1) ?? '').startsWith('%R')
        ? [...stage.partitions].map(([name, word]) => [name, SHORT[word] ?? ''])
        : [...workers].map(([name, { state: word, reason }]) => [name, word, reason]),
    );
  commands.on('sinfo', sinfo).on('squeue', (argv) => queue(argv, jobs));
  commands.on('scontrol', (argv) => {
    if (controller.refuses) return { code: 1, stderr: 'error: no' };
    const [, verb = '', what = '', more = ''] = argv;
    const name = /^PartitionName=(.*)/.exec(what)?.[1];
    if (name !== undefined) stage.partitions.set(name, more.replace('State=', ''));
    const job = jobs.get(verb === 'release' ? what : what.replace('JobId=', ''));
    if (job !== undefined && verb === 'release') job.isHeld = false;
    if (job !== undefined && verb === 'update') job.comment = more.replace('AdminComment=', '');
    return '';
  });
  const { uuid, name } = gaining;
  const card = cardOf([cardNode({ name: 'a1', fingerprint: GUEST })], { cluster: { uuid, name } });
  await pacts.make(card, 'root');
  const allows = ['id-b1', 'id-b2', 'id-b3'];
  await stage.call(hands.lockCluster, { by: { uuid, name }, operation: OPERATION, allows });
  await stage.call(hands.drainCluster, { operation: OPERATION });
  await state.commit([], [{ key: 'leaving/id-b2', put: { operation: OPERATION } }]);
  const freed = (deadlineMs?: number) =>
    new LetGo({
      state,
      membership,
      pacts,
      slurm: heldSlurm({ state, commands, clock, slurm }, deadlineMs),
    });
  const letGo = (confirm = membership.cluster.name) => freed().letGo(confirm);
  return { stage, state, pacts, slurm, controller, jobs, letGo, freed };
}

const SHORT: Record<string, string> = { UP: 'up', DOWN: 'down', INACTIVE: 'inact' };

function queue(argv: readonly string[], jobs: ReadonlyMap<string, Waiting>): string {
  const asked = argv.includes('-j') ? argv[argv.indexOf('-j') + 1] : undefined;
  const found = [...jobs].filter(([id]) => asked === undefined || id === asked);
  return argv.includes('-O')
    ? listed(
        argv,
        found.map(([id, { comment }]) => [id, comment]),
      )
    : listed(
        argv,
        found.map(([id, { isHeld }]) => [id, 'PENDING', 'Priority', isHeld ? '0' : '9', '']),
      );
}

test('everything that was held for it is as it was, and nothing else is touched', async () => {
  const { stage, state, pacts, slurm, jobs, letGo } = await held();
  await state.commit([], [{ key: 'leaving/id-b3', put: { operation: OTHER } }]);
  const answer = await letGo();
  expect(await lockedBy(state)).toBeNull();
  expect(await pacts.guest(GUEST)).toBeNull();
  expect(Object.fromEntries(stage.partitions)).toEqual(BEFORE);
  expect(await stage.slurmConfig()).toMatchObject({ closed: false });
  expect(slurm.asked).toEqual(['resume b2']);
  expect(jobs.get('11')).toEqual({ isHeld: false, comment: '' });
  expect(jobs.get('12')).toEqual({ isHeld: true, comment: '' });
  expect(await state.get('leaving/id-b2')).toBeNull();
  expect(await state.get('leaving/id-b3')).not.toBeNull();
  expect(answer).toMatchObject({ operation: OPERATION, by: { name: 'north' }, crossed: [] });
  expect(answer.done).toEqual([
    'The nodes of north may not call this cluster any more.',
    'The partitions are as they were: batch UP, gpu DOWN.',
    'b2 takes jobs again.',
    'Job 11 waits as it did before.',
    'b2 may have a copy of the shared state again.',
  ]);
  expect(answer.left).toEqual([expect.stringContaining(`kept/${OPERATION}`)]);
  await expect(letGo()).rejects.toMatchObject({ code: 'NOT_FOUND' });
});

test('who has crossed stays with the other one, and is named though it is no member any more', async () => {
  const { stage, letGo } = await held();
  stage.gone.add('b2');
  const { uuid, name } = stage.gaining;
  // a retry holds it anew, after b2 has crossed
  await stage.call(hands.lockCluster, {
    by: { uuid, name },
    operation: OPERATION,
    allows: ['id-b1', 'id-b2', 'id-b3'],
  });
  const { crossed, left } = await letGo();
  expect(crossed).toEqual(['b2']);
  expect(left).toContain('b2 has crossed, and stays with north.');
  expect(await stage.state.get('leaving/id-b2')).not.toBeNull();
});

test('a member that does not answer may have crossed, which is said', async () => {
  const { stage, letGo } = await held();
  const all = stage.membership.members();
  const silent = all.map((one) => (one.name === 'b3' ? { ...one, status: 'failed' } : one));
  Object.assign(stage.membership, { members: () => silent });
  const { crossed, left } = await letGo();
  expect(crossed).toEqual([]);
  expect(left.join(' ')).toContain('say "node-agent forget b3"');
});

test('it is refused where nothing is held', async () => {
  const { state, letGo } = await held();
  await state.commit([], [{ prefix: 'merge/', delete: true }]);
  await expect(letGo()).rejects.toMatchObject({ code: 'NOT_FOUND' });
  expect(await state.get('leaving/id-b2')).not.toBeNull();
});

test('it is refused where the merge is under way in the journal of this cluster', async () => {
  const { stage, state, pacts, letGo } = await held();
  await state.commit([], [{ key: ACTIVE, put: OPERATION }]);
  await expect(letGo()).rejects.toMatchObject({ code: 'REVISION_CHANGED' });
  expect(await pacts.guest(GUEST)).not.toBeNull();
  expect(stage.partitions.get('batch')).toBe('INACTIVE');
});

test('it is refused where this cluster holds itself, for it carries the merge out', async () => {
  const { stage, state, letGo } = await held();
  const { uuid, name } = stage.losing;
  const lock = { by: { uuid, name }, operation: OPERATION, allows: [], at: 1 };
  await state.commit([], [{ key: LOCK, put: lock }]);
  await expect(letGo()).rejects.toMatchObject({
    code: 'REVISION_CHANGED',
    data: { remedy: expect.stringContaining('Abort it, or roll it back') },
  });
  expect(await lockedBy(state)).toMatchObject({ operation: OPERATION });
});

test.each(['', 'north', 'South'])('typed as %j it is not let go', async (confirm) => {
  const { state, pacts, letGo } = await held();
  await expect(letGo(confirm)).rejects.toMatchObject({
    code: 'CONFIRMATION_REQUIRED',
    data: { remedy: expect.stringContaining('south') },
  });
  expect(await lockedBy(state)).not.toBeNull();
  expect(await pacts.guest(GUEST)).not.toBeNull();
});

test('the other cluster is refused first and the lock goes last, so that it can be asked for again', async () => {
  const { stage, state, pacts, slurm, controller, letGo } = await held();
  controller.refuses = true;
  await expect(letGo()).rejects.toMatchObject({ code: 'SERVER_ERROR' });
  expect(await pacts.guest(GUEST)).toBeNull();
  expect(await lockedBy(state)).toMatchObject({ operation: OPERATION });
  expect(await state.get('leaving/id-b2')).not.toBeNull();
  controller.refuses = false;
  await letGo();
  expect(Object.fromEntries(stage.partitions)).toEqual(BEFORE);
  expect(slurm.asked).toEqual(['resume b2']);
  expect(await state.get('leaving/id-b2')).toBeNull();
  expect(await lockedBy(state)).toBeNull();
});

test('on a node without SLURM’s commands it is let go, and the rest is done on another one', async () => {
  const { stage, state, letGo } = await held();
  const there = stage.commands.run;
  stage.commands.run = async () => {
    throw fail('NOT_FOUND', { remedy: 'Install sinfo.' });
  };
  const first = await letGo();
  expect(await lockedBy(state)).toBeNull();
  expect(first.left.join(' ')).toContain('say the same on a node that has them');
  expect(stage.partitions.get('batch')).toBe('INACTIVE');
  stage.commands.run = there;
  const second = await letGo();
  expect(second).toMatchObject({ operation: OPERATION, by: null });
  expect(second.done).toContain('The partitions are as they were: batch UP, gpu DOWN.');
  expect(Object.fromEntries(stage.partitions)).toEqual(BEFORE);
  await expect(letGo()).rejects.toMatchObject({ code: 'NOT_FOUND' });
});

test('a cluster without SLURM, or whose controller is silent, is let go all the same', async () => {
  const without = await held();
  await without.state.commit([], [{ key: CONFIG_KEY, delete: true }]);
  expect((await without.letGo()).left.join(' ')).toContain('This cluster has no SLURM');
  expect(await lockedBy(without.state)).toBeNull();
  const silent = await held();
  silent.stage.commands.on('sinfo', () => ({ code: 1, stderr: 'Unable to contact' }));
  expect((await silent.letGo()).left.join(' ')).toContain('Mend SLURM, then say the same again');
  expect(await lockedBy(silent.state)).toBeNull();
});

test('a node that SLURM does not resume keeps nothing else from being freed', async () => {
  const { state, slurm, jobs, letGo } = await held();
  slurm.failure = fail('SERVER_ERROR', { remedy: 'Look.' }, 'SLURM refused it.');
  const { left } = await letGo();
  expect(left.join(' ')).toContain('b2 stays drained: SLURM refused it. Say "scontrol update');
  expect(jobs.get('11')?.isHeld).toBe(false);
  expect(await lockedBy(state)).toBeNull();
});

test('a cordon in Kubernetes stays, and is told where there may be one', async () => {
  const { stage, letGo } = await held();
  const all = stage.membership.members();
  const withPods = all.map((one) => ({ ...one, roles: ['k3s-agent'] }));
  Object.assign(stage.membership, { members: () => withPods });
  expect((await letGo()).left.join(' ')).toContain('"kubectl uncordon NODE"');
});

test('where SLURM takes long the cluster stays held, and that is said', async () => {
  const { state, freed, stage } = await held();
  stage.commands.run = (_argv, { signal }) =>
    new Promise((_resolve, reject) => {
      signal?.addEventListener('abort', () => reject(fail('ABORTED', { remedy: '' })));
    });
  await expect(freed(10).letGo('south')).rejects.toMatchObject({ code: 'TIMEOUT' });
  expect(await lockedBy(state)).not.toBeNull();
});
