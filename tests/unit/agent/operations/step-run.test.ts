import { expect, test } from 'vitest';
import { StepRun } from '#agent/operations/engine/step-run';
import type { StepDefinition } from '#agent/operations/engine/types';
import { operationFrom } from '#agent/operations/service/make';
import { fail } from '#shared/contract/errors';
import { StillClock } from '#tests/support/still-clock';
import { planOf } from './world';

const ID = '0b9d4e0e-6f0e-4c8e-9a36-0c1f1f0a0002';

const definition = (verify: StepDefinition['verify']): StepDefinition => ({
  id: 'stop',
  title: 'Stop it',
  class: 'idempotent',
  expectedMs: 10,
  deadlineMs: 1_000,
  probe: async () => 'absent',
  do: async () => undefined,
  verify,
});

/** Runs a step that is never proved to the end of its time. */
async function endOf(verify: StepDefinition['verify']) {
  const clock = new StillClock();
  const never = new AbortController().signal;
  const leads = { key: 'elections/operations/1', is: 'createdAt', createRevision: 1 } as const;
  const deps = { clock, epoch: 1, leads, lead: never, stop: never, rest: never };
  const step = definition(verify);
  const plan = planOf({ kind: 'handoff', version: 1, steps: () => [step] });
  const operation = operationFrom(plan, { id: ID, by: 'a test', at: 0 });
  const told = { log: () => undefined, waiting: () => undefined };
  const run = new StepRun({ ...deps, ...told }, operation, step);
  const end = run.act();
  await clock.advance(3_000);
  return end;
}

test('a step whose time is over says what it last waited for, and not that its last look was cut short', async () => {
  let looks = 0;
  const end = await endOf(async ({ signal }) => {
    looks += 1;
    if (looks === 1) return 'slurmctld on a1 to be stopped';
    await new Promise((resolve) => signal.addEventListener('abort', resolve));
    throw fail('ABORTED', { remedy: 'Look whether it was done.' });
  });
  expect(end).toEqual({ kind: 'open', error: 'slurmctld on a1 to be stopped' });
});

test('where nobody ever answered, that is what it says', async () => {
  const end = await endOf(async () => {
    throw fail('TIMEOUT', { remedy: 'See to a1.' }, 'The agent on a1 did not answer in time.');
  });
  expect(end).toMatchObject({ error: 'The agent on a1 did not answer in time. See to a1.' });
});
