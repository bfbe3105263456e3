import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { z } from 'zod';
import { systemClock } from '#agent/host/clock';
import { loadNodeIdentity } from '#agent/identity/node-identity';
import { createPeerGate } from '#agent/membership/peer-gate';
import { createPeers } from '#agent/membership/peers';
import { defineHand, handRoute } from '#agent/operations/hands/define';
import { Fence } from '#agent/operations/hands/fence';
import { HandRunner } from '#agent/operations/hands/runner';
import { HAND_PATH } from '#agent/operations/hands/wire';
import { KeptLog, member, stageAgent } from '#tests/support/agent';
import { callHub } from '#tests/support/hub';
import { sweptFolder } from '#tests/support/temp-folder';

const stop = defineHand({
  name: 'test/stop',
  changes: true,
  input: z.strictObject({}),
  output: z.object({}),
});
const CALL = { hand: 'test/stop', operation: 'x', epoch: 99, number: 1, floor: 1, input: {} };

/** An agent whose node would do whatever a coordinator asks. */
async function staged(members: readonly string[]) {
  let stopped = 0;
  const path = join(sweptFolder(), 'fence.json');
  const runner = new HandRunner({
    routes: [
      handRoute(stop, async () => {
        stopped += 1;
        return {};
      }),
    ],
    fence: new Fence(path, 'cluster'),
    clock: systemClock,
    logger: new KeptLog(),
  });
  const callerOf = async (fingerprint: string) =>
    members.includes(fingerprint) ? { id: 'id-a2', name: 'a2', fingerprint } : null;
  const gate = createPeerGate({ routes: [runner.route], callerOf });
  const agent = await stageAgent({ peers: [gate] });
  return { agent, stopped: () => stopped };
}

test('whoever did not prove the cluster key calls no hand, also with a certificate', async () => {
  const { agent, stopped } = await staged([]);
  const stranger = await loadNodeIdentity(join(sweptFolder(), 'id'), ['a9'], Date.now());
  const peers = createPeers(stranger);
  onTestFinished(() => peers.close());
  const target = member('a1', {
    address: '127.0.0.1',
    apiPort: Number(new URL(agent.url).port),
    fingerprint: agent.certificate.fingerprint,
  });
  await expect(
    peers.call(target, 'POST', HAND_PATH, { body: CALL, deadlineMs: 5_000 }),
  ).rejects.toMatchObject({ code: 'AUTH_FAILED', data: { status: 403 } });
  expect(stopped()).toBe(0);
});

test("no access token calls a hand, not even an administrator's, nor does root's plain HTTP", async () => {
  const { agent, stopped } = await staged([]);
  const pinned = { url: agent.url, fingerprint: agent.certificate.fingerprint };
  const token = agent.tokens.add('admin');
  const asked = { method: 'POST', path: HAND_PATH, body: CALL } as const;
  expect((await callHub(pinned, { ...asked, token })).status).toBe(401);
  const plain = await fetch(`${agent.plainUrl}${HAND_PATH}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(CALL),
  });
  expect(plain.status).toBe(404);
  expect(stopped()).toBe(0);
});
