import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { systemClock } from '#agent/host/clock';
import { drainReason } from '#agent/operations/leave/returning-record';
import { hold } from '#agent/operations/merge/carry/holding';
import { drain } from '#agent/operations/merge/node/drain';
import { heldSlurm } from '#agent/operations/merge/node/let-go-slurm';
import { SlurmActions } from '#agent/roles/slurm/actions';
import { CONFIG_KEY } from '#agent/roles/slurm/config';
import { freshState } from '#tests/support/merge-guests';
import { type RealSlurm, startSlurm } from '#tests/support/real-slurm';
import { slurmConfigWith } from '#tests/support/slurm-config';

// a real SLURM on loopback that is held for a merge whose other cluster never comes back
const OPERATION = randomUUID();
let slurm: RealSlurm;
beforeAll(async () => {
  slurm = await startSlurm('let_go', ['PartitionName=long Nodes=ALL State=DOWN']);
});
afterAll(() => slurm?.close());

it('opens partitions, resumes its node and releases its jobs, and no others', async () => {
  const { commands, must } = slurm;
  const state = freshState();
  const config = slurmConfigWith({
    clusterName: 'let_go',
    controllers: ['n1'],
    stateSaveLocation: slurm.state,
    partitions: ['long'],
  });
  await state.commit([], [{ key: CONFIG_KEY, put: config }]);
  const deps = { state, commands, clock: systemClock };
  const call = { log: () => undefined, signal: new AbortController().signal };
  const submit = (...args: string[]) =>
    must('sbatch', '--parsable', ...args, '--wrap', 'true').then((id) => id.trim());
  const shown = async (id: string) =>
    (await must('squeue', '-h', '-a', '-j', id, '-t', 'PD', '-o', '%Q %r')).trim();
  const later = ['-p', 'batch', '--begin=now+1hour'];
  const ours = await submit(...later);
  const array = await submit(...later, '--array=1-3');
  const theirs = await submit(...later, '-H');
  for (const id of [ours, array]) await hold(deps, { id, operation: OPERATION }, call);
  await drain(deps, OPERATION, call);
  const actions = new SlurmActions({ ...deps, acted: () => undefined });
  await actions.onNode('n1', 'drain', drainReason(OPERATION));
  expect(await must('sinfo', '-h', '-a', '-o', '%R %a')).not.toMatch(/ up| down/);
  // slurm.conf of this test says nothing of it: the controller has nothing to read anew
  await state.commit([], [{ key: CONFIG_KEY, put: config }]);

  const actOnNode: SlurmActions['onNode'] = (...args) => actions.onNode(...args);
  const { done, left } = await heldSlurm({ ...deps, slurm: { actOnNode } }).free(OPERATION);
  expect(left).toEqual([]);
  expect(done).toEqual([
    expect.stringMatching(/batch UP, long DOWN|long DOWN, batch UP/),
    'n1 takes jobs again.',
    `Job ${ours} waits as it did before.`,
    `Job ${array} waits as it did before.`,
  ]);
  const words = await must('sinfo', '-h', '-a', '-o', '%R %a %T');
  expect(words).toContain('batch up idle');
  expect(words).toContain('long down');
  for (const id of [ours, array]) expect(await shown(id)).toMatch(/^[1-9]\d* /);
  expect(await shown(theirs)).toMatch(/^0 JobHeldUser/);
  expect(await heldSlurm({ ...deps, slurm: { actOnNode } }).free(OPERATION)).toEqual({
    done: [],
    left: [],
  });
});
