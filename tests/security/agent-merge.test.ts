import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { systemClock } from '#agent/host/clock';
import { loadNodeIdentity } from '#agent/identity/node-identity';
import { createPeers } from '#agent/membership/peers';
import { slurmStop } from '#agent/operations/handoff/slurm/hands';
import { HAND_PATH } from '#agent/operations/hands/wire';
import {
  crossOver,
  exportTokens,
  lockCluster,
  lookAtDrain,
  stageNode,
  unlockCluster,
} from '#agent/operations/merge/hands';
import { LOCK } from '#agent/operations/merge/lock-record';
import { GUEST_HAND_PATH } from '#agent/operations/merge/pact/foreign';
import { PACT_MS } from '#agent/operations/merge/pact/record';
import { Failure } from '#shared/contract/errors';
import { callHub } from '#tests/support/hub';
import {
  cardNode,
  cardOf,
  fingerprintOf,
  GAINING,
  LOSING,
  makePacts,
  OPERATION,
  stageGaining,
  stageLosing,
} from '#tests/support/merge-guests';
import { sweptFolder } from '#tests/support/temp-folder';

const LOOK = {
  hand: 'merge/drained',
  operation: '',
  epoch: 0,
  number: 1,
  floor: 1,
  input: {},
};

/** Calls a path with the guest's own certificate, past all that its gateway would refuse itself. */
async function callRaw(
  { identity }: Awaited<ReturnType<typeof stageGaining>>,
  { node }: Awaited<ReturnType<typeof stageLosing>>,
  path: string,
  body: object = LOOK,
) {
  const peers = createPeers(identity);
  onTestFinished(() => peers.close());
  const { id, name, address, api_port: apiPort, fingerprint } = node;
  const target = { id, name, address, apiPort, fingerprint, authenticated: true };
  return peers.call(target, 'POST', path, { body, deadlineMs: 5_000 });
}

test('without a pact nobody of another cluster calls a hand, whatever certificate it shows', async () => {
  const [gaining, losing] = [await stageGaining(), await stageLosing()];
  const refused = { code: 'AUTH_FAILED', data: { status: 403 } };
  await expect(callRaw(gaining, losing, GUEST_HAND_PATH)).rejects.toMatchObject(refused);
  // a pact of the other side alone opens nothing here
  await gaining.pacts.make(cardOf([losing.node]), 'root');
  await expect(
    gaining.foreign.call(losing.node, unlockCluster, { operation: OPERATION }, gaining.context),
  ).rejects.toMatchObject(refused);
  const token = losing.agent.tokens.add('admin');
  const pinned = { url: losing.agent.url, fingerprint: losing.agent.certificate.fingerprint };
  const asked = { method: 'POST', path: GUEST_HAND_PATH, token, body: LOOK } as const;
  expect((await callHub(pinned, asked)).status).toBe(401);
  expect(losing.done).toEqual([]);
});

test('a guest reaches its own door and no other, and there what stands on the list', async () => {
  const [gaining, losing] = [await stageGaining(), await stageLosing()];
  await makePacts(gaining, losing);
  const { foreign, context } = gaining;
  expect(await foreign.call(losing.node, lookAtDrain, {}, context)).toMatchObject({
    drained: false,
  });
  await expect(callRaw(gaining, losing, HAND_PATH)).rejects.toMatchObject({
    code: 'AUTH_FAILED',
    data: { status: 403 },
  });
  await expect(
    foreign.call(losing.node, slurmStop, { takesOver: '' } as never, context),
  ).rejects.toMatchObject({ code: 'PERMISSION_DENIED' });
  expect(losing.done).toEqual([]);
});

test("a member has no place at the guests' door", async () => {
  const member = await loadNodeIdentity(join(sweptFolder(), 'id'), ['b9'], Date.now());
  const losing = await stageLosing({ member });
  const gaining = { ...(await stageGaining()), identity: member };
  await expect(callRaw(gaining, losing, GUEST_HAND_PATH)).rejects.toMatchObject({
    code: 'AUTH_FAILED',
  });
  expect(await callRaw(gaining, losing, HAND_PATH)).toMatchObject({ ok: true });
});

test('a stolen card is worth nothing without the key of a node that it names', async () => {
  const [gaining, losing] = [await stageGaining(), await stageLosing()];
  await makePacts(gaining, losing);
  const thief = await stageGaining();
  // it has the card, and gives itself the id that stands there
  await expect(callRaw(thief, losing, GUEST_HAND_PATH)).rejects.toMatchObject({
    code: 'AUTH_FAILED',
  });
  // and to a node whose certificate another machine cannot show nothing is sent
  const elsewhere = await stageLosing();
  const moved = { ...losing.node, api_port: elsewhere.node.api_port };
  await expect(
    gaining.foreign.call(moved, unlockCluster, { operation: OPERATION }, gaining.context),
  ).rejects.toMatchObject({ code: 'TLS_CHANGED' });
  const unnamed = cardNode({ fingerprint: fingerprintOf(0x77), api_port: losing.node.api_port });
  await expect(
    gaining.foreign.call(unnamed, unlockCluster, { operation: OPERATION }, gaining.context),
  ).rejects.toMatchObject({ code: 'AUTH_FAILED' });
  expect([...losing.done, ...elsewhere.done]).toEqual([]);
});

test('a call that is repeated later, or by a coordinator that was replaced, does nothing', async () => {
  const folder = sweptFolder();
  const gaining = await stageGaining(7);
  const losing = await stageLosing({ folder });
  await makePacts(gaining, losing);
  const unlock = (epoch: number, number: number) => ({
    ...LOOK,
    hand: 'merge/unlock',
    operation: OPERATION,
    epoch,
    number,
    floor: number,
    input: { operation: OPERATION },
  });
  expect(await callRaw(gaining, losing, GUEST_HAND_PATH, unlock(7, 3))).toMatchObject({ ok: true });
  const late = { ok: false, failure: { code: 'REVISION_CHANGED' } };
  expect(await callRaw(gaining, losing, GUEST_HAND_PATH, unlock(7, 2))).toMatchObject(late);
  expect(await callRaw(gaining, losing, GUEST_HAND_PATH, unlock(6, 9))).toMatchObject(late);
  // also after a restart of the agent there
  const again = await stageLosing({ folder });
  await makePacts(gaining, again);
  expect(await callRaw(gaining, again, GUEST_HAND_PATH, unlock(6, 9))).toMatchObject(late);
  expect([losing.done, again.done]).toEqual([['merge/unlock'], []]);
});

test("one cluster's epochs mean nothing for another's, nor for the cluster's own", async () => {
  const [high, low] = [await stageGaining(99), await stageGaining(1)];
  const losing = await stageLosing();
  await makePacts(high, losing);
  const other = cardNode({ id: low.identity.id, fingerprint: low.identity.fingerprint });
  const cluster = { uuid: '99999999-0000-4000-8000-000000000009', name: 'lab-c' };
  await losing.pacts.make(cardOf([other], { cluster }), 'root');
  await low.pacts.make(cardOf([losing.node]), 'root');
  const input = { operation: OPERATION };
  await high.foreign.call(losing.node, unlockCluster, input, high.context);
  await low.foreign.call(losing.node, unlockCluster, input, low.context);
  expect(losing.done).toHaveLength(2);
});

test('where merging is switched off a guest may look and changes nothing', async () => {
  const gaining = await stageGaining();
  const losing = await stageLosing({ isEnabled: false });
  await makePacts(gaining, losing);
  const { foreign, context } = gaining;
  expect(await foreign.call(losing.node, lookAtDrain, {}, context)).toMatchObject({});
  await expect(
    foreign.call(losing.node, unlockCluster, { operation: OPERATION }, context),
  ).rejects.toMatchObject({
    code: 'PERMISSION_DENIED',
    data: { remedy: expect.stringContaining('cluster.merging.enabled') },
  });
  expect(losing.done).toEqual([]);
});

test('a cluster that is held for one merge obeys no other', async () => {
  const [gaining, losing] = [await stageGaining(), await stageLosing()];
  await makePacts(gaining, losing);
  const held = { uuid: GAINING, name: 'lab-a' };
  const hold = (by: object, operation: string) =>
    losing.state.commit([], [{ key: LOCK, put: { by, operation, allows: [], at: 0 } }]);
  const unlock = () =>
    gaining.foreign.call(losing.node, unlockCluster, { operation: OPERATION }, gaining.context);
  await hold({ uuid: LOSING, name: 'lab-b' }, OPERATION);
  await expect(unlock()).rejects.toMatchObject({ code: 'REVISION_CHANGED' });
  await hold(held, '44444444-0000-4000-8000-000000000004');
  await expect(unlock()).rejects.toMatchObject({ code: 'REVISION_CHANGED' });
  await hold(held, OPERATION);
  expect(await unlock()).toEqual({});
  expect(losing.done).toHaveLength(1);
});

test('a guest holds a cluster and takes its nodes for its own cluster alone', async () => {
  const [gaining, losing] = [await stageGaining(), await stageLosing()];
  await makePacts(gaining, losing);
  const { foreign, context } = gaining;
  const third = '99999999-0000-4000-8000-000000000009';
  const lock = (uuid: string) =>
    foreign.call(
      losing.node,
      lockCluster,
      { by: { uuid, name: 'lab' }, operation: OPERATION, allows: [] },
      context,
    );
  const cross = (to: string) =>
    foreign.call(losing.node, crossOver, { operation: OPERATION, from: LOSING, to }, context);
  const refused = { code: 'PERMISSION_DENIED' };
  await expect(lock(third)).rejects.toMatchObject(refused);
  await expect(cross(third)).rejects.toMatchObject(refused);
  expect(losing.done).toEqual([]);
  await lock(GAINING);
  await cross(GAINING);
  expect(losing.done).toEqual(['merge/lock', 'merge/cross']);
});

test('what users wrote and the digests of tokens are told to a merge that holds the cluster only', async () => {
  const [gaining, losing] = [await stageGaining(), await stageLosing()];
  await makePacts(gaining, losing);
  const tokens = (operation: string, epoch: number) =>
    gaining.foreign.call(losing.node, exportTokens, {}, { ...gaining.context, operation, epoch });
  const refused = { code: 'PERMISSION_DENIED' };
  await expect(tokens('', 0)).rejects.toMatchObject(refused);
  await expect(tokens(OPERATION, 5)).rejects.toMatchObject(refused);
  const by = { uuid: GAINING, name: 'lab-a' };
  const put = { by, operation: OPERATION, allows: [], at: 0 };
  await losing.state.commit([], [{ key: LOCK, put }]);
  expect(await tokens(OPERATION, 5)).toEqual({ tokens: ['digest'] });
  await expect(tokens('', 0)).rejects.toMatchObject({ code: 'REVISION_CHANGED' });
});

test("a job's script may be large, but nobody else makes the agent read so much", async () => {
  const [gaining, losing] = [await stageGaining(), await stageLosing()];
  await losing.pacts.make(gaining.card, 'root');
  const large = { ...LOOK, input: { script: 'x'.repeat(2 * 1024 * 1024) } };
  // it was read whole, and is no input of that hand
  expect(await callRaw(gaining, losing, GUEST_HAND_PATH, large)).toMatchObject({
    failure: { code: 'INVALID_INPUT' },
  });
  const stranger = await stageGaining();
  const refusals: unknown[] = await Promise.all(
    [
      callRaw(gaining, losing, HAND_PATH, large),
      callRaw(stranger, losing, GUEST_HAND_PATH, large),
    ].map((call) =>
      call.then(
        () => 'taken',
        (error: unknown) => error,
      ),
    ),
  );
  // 413, or the connection ends while it is still being sent; 403 would mean that it was read before
  for (const refusal of refusals) {
    expect(refusal).toBeInstanceOf(Failure);
    expect(refusal).not.toMatchObject({ data: { status: 403 } });
  }
});

test('an unused pact ends after a day, and one that was taken back at once', async () => {
  let ahead = 0;
  const clock = { ...systemClock, now: () => Date.now() + ahead };
  const gaining = await stageGaining();
  const losing = await stageLosing({ clock });
  await makePacts(gaining, losing);
  expect(await callRaw(gaining, losing, GUEST_HAND_PATH)).toMatchObject({ ok: true });
  ahead += PACT_MS + 1_000;
  const refused = { code: 'AUTH_FAILED' };
  await expect(callRaw(gaining, losing, GUEST_HAND_PATH)).rejects.toMatchObject(refused);
  await losing.pacts.make(gaining.card, 'root');
  expect(await callRaw(gaining, losing, GUEST_HAND_PATH)).toMatchObject({ ok: true });
  await losing.pacts.revoke(GAINING);
  await expect(callRaw(gaining, losing, GUEST_HAND_PATH)).rejects.toMatchObject(refused);
});

test('a pact lasts as long as a merge rests on it, and a day longer for its rollback', async () => {
  let ahead = 0;
  const clock = { ...systemClock, now: () => Date.now() + ahead };
  const gaining = await stageGaining();
  const losing = await stageLosing({ clock });
  await makePacts(gaining, losing);
  ahead += PACT_MS - 60_000;
  const input = { operation: OPERATION };
  await gaining.foreign.call(losing.node, unlockCluster, input, gaining.context);
  ahead += PACT_MS;
  expect(await callRaw(gaining, losing, GUEST_HAND_PATH)).toMatchObject({ ok: true });
  ahead += PACT_MS;
  await expect(callRaw(gaining, losing, GUEST_HAND_PATH)).rejects.toMatchObject({
    code: 'AUTH_FAILED',
  });
  // a cluster that came back from what was kept is held still, and its pact is as old as that
  const by = { uuid: GAINING, name: 'lab-a' };
  const put = { by, operation: OPERATION, allows: [], at: 0 };
  await losing.state.commit([], [{ key: LOCK, put }]);
  expect(await callRaw(gaining, losing, GUEST_HAND_PATH)).toMatchObject({ ok: true });
  await expect(losing.pacts.revoke(GAINING)).rejects.toMatchObject({ code: 'REVISION_CHANGED' });
});

test("the other cluster's secret of joining stands in no log", async () => {
  const [gaining, losing] = [await stageGaining(), await stageLosing()];
  await makePacts(gaining, losing);
  const enrolment = 'key: c2VjcmV0IG9mIHRoZSBvdGhlciBjbHVzdGVyIGhlcmU=';
  const staged = gaining.foreign.call(
    losing.node,
    stageNode,
    { operation: OPERATION, enrolment },
    gaining.context,
  );
  // this stage has no such hand, and says so
  const failure: unknown = await staged.catch((error: unknown) => error);
  expect(failure).toMatchObject({ code: 'PERMISSION_DENIED' });
  const told = JSON.stringify([failure, losing.log.lines, losing.agent.log.lines, gaining.lines]);
  expect(told).not.toContain('c2VjcmV0');
});
