import { expect, onTestFinished, test } from 'vitest';
import { systemClock } from '#agent/host/clock';
import { OPERATIONS } from '#agent/operations/engine/journal';
import { Pacts } from '#agent/operations/merge/pact/pacts';
import { PACT_MS, PACTS } from '#agent/operations/merge/pact/record';
import type { AgentOperation } from '#shared/contract/agent/operations';
import { Failure } from '#shared/contract/errors';
import { KeptLog } from '#tests/support/agent';
import { cardNode, cardOf, fingerprintOf, freshState, LOSING } from '#tests/support/merge-guests';
import { answerOf, OPERATION } from '#tests/support/operation-agents';

const B1 = fingerprintOf(0xb1);

function staged() {
  const state = freshState();
  let ahead = 0;
  const clock = {
    ...systemClock,
    now: () => Date.now() + ahead,
    monotonic: () => systemClock.monotonic() + ahead,
  };
  const pactsHere = () => {
    const pacts = new Pacts({ state, clock, logger: new KeptLog() });
    onTestFinished(() => pacts.close());
    return pacts;
  };
  const merge = (changes: Partial<AgentOperation>) =>
    state.commit(
      [],
      [
        {
          key: OPERATIONS + OPERATION,
          put: answerOf({
            kind: 'merge',
            params: { losing: { uuid: LOSING, name: 'lab-b' } },
            ...changes,
          }).operation,
        },
      ],
    );
  return { state, clock, pactsHere, merge, wait: (ms: number) => (ahead += ms) };
}

const card = () => cardOf([cardNode({ fingerprint: B1 })]);

test('a pact that was made at one node holds at all of them at once', async () => {
  const { pactsHere } = staged();
  const [one, other] = [pactsHere(), pactsHere()];
  other.start();
  expect(await other.guest(B1)).toBeNull();
  await one.make(card(), 'root');
  expect(await one.guest(B1)).toMatchObject({ name: 'b1', guestOf: LOSING });
  await expect.poll(() => other.guest(B1)).toMatchObject({ name: 'b1', guestOf: LOSING });
  expect(await other.guest(fingerprintOf(0xb2))).toBeNull();
  await one.drop(LOSING);
  await expect.poll(() => other.guest(B1)).toBeNull();
});

test('a stranger makes a node ask the state once a second at most', async () => {
  const { state, clock, wait } = staged();
  let asked = 0;
  const counting = {
    ...state,
    list: async (prefix: string) => {
      if (prefix === PACTS) asked += 1;
      return state.list(prefix);
    },
  };
  const pacts = new Pacts({ state: counting, clock, logger: new KeptLog() });
  await Promise.all(Array.from({ length: 20 }, () => pacts.guest(B1)));
  expect(asked).toBe(1);
  wait(2_000);
  await pacts.guest(B1);
  expect(asked).toBe(2);
});

test.each([
  { what: 'runs', changes: { state: 'running' }, isKept: true },
  { what: 'waits for a person', changes: { state: 'stuck' }, isKept: true },
  { what: 'is undone', changes: { state: 'undoing' }, isKept: true },
  {
    what: 'can be rolled back',
    changes: { state: 'done', rollback_until: Date.now() + 3 * PACT_MS },
    isKept: true,
  },
  { what: 'was committed', changes: { state: 'done', rollback_until: null }, isKept: false },
  { what: 'was undone', changes: { state: 'undone', rollback_until: null }, isKept: false },
  {
    what: 'is of another cluster',
    changes: { state: 'running', params: { losing: { uuid: 'other', name: 'c' } } },
    isKept: false,
  },
  { what: 'is none', changes: { state: 'running', kind: 'leave' }, isKept: false },
] as const)('while a merge $what, its pact is kept: $isKept', async ({ changes, isKept }) => {
  const { pactsHere, merge, wait } = staged();
  const pacts = pactsHere();
  await pacts.make(card(), 'root');
  await merge(changes);
  wait(PACT_MS + 1_000);
  expect((await pacts.get(LOSING)) !== null).toBe(isKept);
  expect((await pacts.guest(B1)) !== null).toBe(isKept);
  const refusal: unknown = await pacts.revoke(LOSING).catch((error: unknown) => error);
  const code = refusal instanceof Failure ? refusal.code : 'revoked';
  expect(code).toBe(isKept ? 'REVISION_CHANGED' : 'revoked');
});
