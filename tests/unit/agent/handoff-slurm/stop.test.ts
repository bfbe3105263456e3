import { expect, test } from 'vitest';
import { slurmLook } from '#agent/operations/handoff/slurm/hands';
import { slurmMove } from '#agent/operations/handoff/slurm/move';
import { slurmHandoffSteps } from '#agent/operations/handoff/slurm/steps';
import type { Hands } from '#agent/operations/hands/types';
import { fail } from '#shared/contract/errors';
import { member } from '#tests/support/agent';
import { StillClock } from '#tests/support/still-clock';

test('stops no controller whose place nobody could take', async () => {
  const called: string[] = [];
  const hands: Hands = {
    async call(node, hand) {
      called.push(`${hand.name} ${node}`);
      if (node === 'id-a2') throw fail('NODE_UNREACHABLE', { remedy: 'Switch it on.', node });
      throw new Error('nobody is to be asked');
    },
  };
  const self = member('a3');
  const [stop] = slurmHandoffSteps(
    slurmMove.parse({
      from: 'id-a1',
      fromName: 'a1',
      to: 'id-a2',
      toName: 'a2',
      procedure: 'A',
    }),
    {
      hands,
      state: { get: async () => null, commit: async () => null },
      membership: { self, members: () => [self] },
      clock: new StillClock(),
    },
  ).filter(({ id }) => id === 'stop');
  const acting = stop?.do({
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
  });
  await expect(acting).rejects.toMatchObject({ code: 'NODE_UNREACHABLE' });
  expect(called).toEqual([`${slurmLook.name} id-a2`]);
});
