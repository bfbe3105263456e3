import { expect, test } from 'vitest';
import type { StepContext } from '#agent/operations/engine/types';
import { slurmLook, slurmStart } from '#agent/operations/handoff/slurm/hands';
import { slurmMove } from '#agent/operations/handoff/slurm/move';
import { slurmHandoffSteps } from '#agent/operations/handoff/slurm/steps';
import type { Hands } from '#agent/operations/hands/types';
import { type ErrorCode, fail } from '#shared/contract/errors';
import { member } from '#tests/support/agent';
import { slurmConfigWith } from '#tests/support/slurm-config';
import { StillClock } from '#tests/support/still-clock';

const SEEN = {
  message: '',
  isPortOpen: false,
  relayTo: null,
  revision: 1,
  conf: '',
  folder: { stateId: 'one', hasRun: true, heartbeat: '' },
  depth: null,
};

/** The steps of a move from a1 to a2. @param answer what a2 says of its controller; nothing where it is gone */
function stage(code: ErrorCode, answer?: 'running' | 'failed') {
  const called: string[] = [];
  const hands: Hands = {
    async call(node, hand) {
      called.push(`${hand.name} ${node}`);
      if (node === 'id-a2' && answer === undefined) {
        throw fail(code, { remedy: 'Switch it on.', node });
      }
      if (hand.name === slurmStart.name) return hand.output.parse({ tookMs: 1 });
      if (hand.name === slurmLook.name) return hand.output.parse({ ...SEEN, daemon: answer });
      throw new Error('nobody is to be asked');
    },
  };
  const self = member('a3');
  const steps = slurmHandoffSteps(
    slurmMove.parse({
      from: 'id-a1',
      fromName: 'a1',
      to: 'id-a2',
      toName: 'a2',
      procedure: 'A',
    }),
    {
      hands,
      state: {
        get: async (key) => ({
          key,
          value: slurmConfigWith({ controllers: ['id-a1'], stateSaveLocation: '/shared' }),
          createRevision: 1,
          modRevision: 1,
          lease: null,
        }),
        commit: async () => null,
      },
      membership: { self, members: () => [self] },
      clock: new StillClock(),
    },
  );
  const context: StepContext = {
    operation: 'o',
    epoch: 1,
    leads: { key: 'k', is: 'absent' },
    params: {},
    skipped: [],
    notes: {},
    keep: () => undefined,
    log: () => undefined,
    waiting: () => undefined,
    signal: new AbortController().signal,
  };
  const step = (name: string) => {
    const found = steps.find(({ id }) => id === name);
    if (found === undefined) throw new Error(`There is no step ${name}`);
    return found;
  };
  return { called, context, step };
}

test('stops no controller whose place nobody could take', async () => {
  const { called, context, step } = stage('NODE_UNREACHABLE');
  const acting = step('stop').do(context);
  await expect(acting).rejects.toMatchObject({ code: 'NODE_UNREACHABLE' });
  expect(called).toEqual([`${slurmLook.name} id-a2`]);
});

test('knows that it started nothing on a target that was gone by then', async () => {
  const { called, context, step } = stage('TIMEOUT');
  const start = step('start');
  await expect(start.do(context)).rejects.toMatchObject({ code: 'TIMEOUT' });
  expect(called).toEqual([`${slurmLook.name} id-a2`]);
  expect(await start.probe(context)).toBe('absent');
});

test('starts the controller again on a target that was without power after the pivot', async () => {
  const { called, context, step } = stage('TIMEOUT', 'failed');
  await step('prove').do(context);
  expect(called).toEqual([`${slurmLook.name} id-a2`, `${slurmStart.name} id-a2`]);
  const at = stage('TIMEOUT', 'running');
  await at.step('prove').do(at.context);
  expect(at.called).toEqual([`${slurmLook.name} id-a2`]);
});
