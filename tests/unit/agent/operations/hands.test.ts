import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { z } from 'zod';
import { systemClock } from '#agent/host/clock';
import { loadNodeIdentity } from '#agent/identity/node-identity';
import { createPeerGate } from '#agent/membership/peer-gate';
import { createPeers } from '#agent/membership/peers';
import { defineHand, handRoute } from '#agent/operations/hands/define';
import { Fence } from '#agent/operations/hands/fence';
import { HandGateway } from '#agent/operations/hands/gateway';
import { HandRunner } from '#agent/operations/hands/runner';
import type { HandCall, HandContext } from '#agent/operations/hands/types';
import { fail } from '#shared/contract/errors';
import { KeptLog, member, StagedMembership, stageAgent } from '#tests/support/agent';
import { sweptFolder } from '#tests/support/temp-folder';

const CLUSTER = '0b0e5a2e-0000-4000-8000-000000000001';
const input = z.strictObject({ name: z.string() });
const look = defineHand({
  name: 'test/look',
  changes: false,
  input,
  output: z.object({ said: z.string() }),
});
const act = defineHand({ ...look, name: 'test/act', changes: true });

interface Staged {
  path?: string;
  run?: (name: string, call: HandCall) => Promise<{ said: string }>;
}

function stageRunner({ path = join(sweptFolder(), 'fence.json'), run }: Staged = {}) {
  const done: string[] = [];
  const carryOut = async ({ name }: { name: string }, call: HandCall) => {
    const answer = await run?.(name, call);
    call.signal.throwIfAborted();
    done.push(name);
    call.log(`did ${name}`);
    return answer ?? { said: name };
  };
  const log = new KeptLog();
  const runner = new HandRunner({
    routes: [handRoute(look, carryOut), handRoute(act, carryOut)],
    fence: new Fence(path, CLUSTER),
    clock: systemClock,
    logger: log,
  });
  const asked = (name: string, epoch: number, number: number, floor = number) =>
    runner.run(
      { hand: 'test/act', operation: 'x', epoch, number, floor, input: { name } },
      new AbortController().signal,
    );
  return { runner, done, path, log, asked };
}

const REFUSED = { ok: false, failure: { code: 'REVISION_CHANGED' } };

test('a lower epoch than one seen is refused, also after a restart', async () => {
  const { asked, done, path } = stageRunner();
  expect(await asked('one', 5, 1)).toEqual({ ok: true, output: { said: 'one' }, log: ['did one'] });
  expect(await asked('two', 7, 1)).toMatchObject({ ok: true });
  expect(await asked('late', 5, 2)).toMatchObject(REFUSED);
  expect(done).toEqual(['one', 'two']);
  const after = stageRunner({ path });
  expect(await after.asked('late', 6, 1)).toMatchObject(REFUSED);
  expect(await after.asked('three', 7, 1)).toMatchObject({ ok: true });
  expect(after.done).toEqual(['three']);
});

test('the epoch is on the disk before anything happens', async () => {
  let stored = '';
  const path = join(sweptFolder(), 'fence.json');
  const { asked } = stageRunner({
    path,
    run: async () => {
      stored = await readFile(path, 'utf8');
      return { said: '' };
    },
  });
  await asked('one', 9, 1);
  expect(JSON.parse(stored)).toEqual({ cluster: CLUSTER, epoch: 9 });
});

test('nobody is obeyed where the fence cannot be read; that of another cluster means nothing', async () => {
  const path = join(sweptFolder(), 'fence.json');
  await writeFile(path, 'half a rec');
  const damaged = stageRunner({ path });
  expect(await damaged.asked('one', 9, 1)).toMatchObject({ failure: { code: 'STORE_BROKEN' } });
  expect(damaged.done).toEqual([]);
  await writeFile(path, JSON.stringify({ cluster: 'another', epoch: 99 }));
  expect(await stageRunner({ path }).asked('one', 9, 1)).toMatchObject({ ok: true });
});

test('a call that its coordinator gave up does nothing when it comes late', async () => {
  const { asked, done } = stageRunner();
  // the look after the timeout says that nothing below 3 is waited for
  await asked('look', 5, 3);
  expect(await asked('late', 5, 2)).toMatchObject(REFUSED);
  expect(done).toEqual(['look']);
});

test('two calls that are both waited for do not stop each other, in whatever order they come', async () => {
  const { asked, done } = stageRunner();
  expect(await asked('second', 5, 4, 3)).toMatchObject({ ok: true });
  expect(await asked('first', 5, 3, 3)).toMatchObject({ ok: true });
  expect(done).toEqual(['second', 'first']);
});

test.each([
  { why: 'another coordinator', epoch: 6, number: 1 },
  { why: 'a later call of the same', epoch: 5, number: 2 },
])('what runs still is ended before $why acts', async ({ epoch, number }) => {
  const order: string[] = [];
  const begun = Promise.withResolvers<void>();
  const { asked, done } = stageRunner({
    run: async (name, { signal }) => {
      order.push(`${name} begins`);
      if (name !== 'slow') return { said: name };
      begun.resolve();
      await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
      // it takes a moment to let go
      await new Promise((resolve) => setImmediate(resolve));
      order.push('slow lets go');
      return { said: 'too late' };
    },
  });
  const slow = asked('slow', 5, 1);
  await begun.promise;
  expect(await asked('newer', epoch, number)).toMatchObject({ ok: true });
  expect(await slow).toMatchObject(REFUSED);
  expect(order).toEqual(['slow begins', 'slow lets go', 'newer begins']);
  expect(done).toEqual(['newer']);
});

test('without an operation only looks are carried out, and nonsense is refused', async () => {
  const { runner, done } = stageRunner();
  const { signal } = new AbortController();
  const plain = { operation: '', epoch: 0, number: 1, floor: 1, input: { name: 'x' } };
  expect(await runner.run({ ...plain, hand: 'test/act' }, signal)).toMatchObject({
    failure: { code: 'CONFIRMATION_REQUIRED' },
  });
  expect(await runner.run({ ...plain, hand: 'test/other' }, signal)).toMatchObject({
    failure: { code: 'UNSUPPORTED' },
  });
  expect(
    await runner.run({ ...plain, hand: 'test/look', input: { rm: '/' } }, signal),
  ).toMatchObject({ failure: { code: 'INVALID_INPUT' } });
  expect(done).toEqual([]);
  expect(await runner.run({ ...plain, hand: 'test/look' }, signal)).toMatchObject({ ok: true });
});

test('what nobody expects is told as such, and stands in the log of the node', async () => {
  const { asked, log } = stageRunner({
    run: async () => {
      throw new TypeError('secret detail');
    },
  });
  const answer = await asked('one', 5, 1);
  expect(answer).toMatchObject({ ok: false, failure: { code: 'SERVER_ERROR' } });
  expect(JSON.stringify(answer)).not.toContain('secret detail');
  expect(log.lines.some(({ level }) => level === 'error')).toBe(true);
});

/** Two agents over real TLS: a1 calls, a2 has the hands. */
async function stagePair(run: Staged['run']) {
  const folder = sweptFolder();
  const caller = await loadNodeIdentity(join(folder, 'a1'), ['a1'], Date.now());
  const there = stageRunner({ ...(run && { run }) });
  const agent = await stageAgent({
    peers: [
      createPeerGate({
        routes: [there.runner.route],
        callerOf: async (fingerprint) =>
          fingerprint === caller.fingerprint ? { id: 'id-a1', name: 'a1', fingerprint } : null,
      }),
    ],
  });
  const port = Number(new URL(agent.url).port);
  const target = member('a2', {
    address: '127.0.0.1',
    apiPort: port,
    fingerprint: agent.certificate.fingerprint,
  });
  const membership = new StagedMembership(member('a1'), [target]);
  const peers = createPeers(caller);
  onTestFinished(() => peers.close());
  const here = stageRunner();
  const gateway = new HandGateway({ membership, peers, runner: here.runner });
  const lines: string[] = [];
  const context: HandContext = {
    operation: 'x',
    epoch: 5,
    signal: new AbortController().signal,
    log: (line, node) => lines.push(`${node}: ${line}`),
  };
  return { gateway, context, lines, there, here, agent };
}

test('a call reaches its node over both certificates, and brings its log back', async () => {
  const { gateway, context, lines, there, here } = await stagePair(undefined);
  expect(await gateway.call('id-a2', act, { name: 'far' }, context)).toEqual({ said: 'far' });
  expect(await gateway.call('id-a1', act, { name: 'near' }, context)).toEqual({ said: 'near' });
  expect(lines).toEqual(['a2: did far', 'a1: did near']);
  expect([there.done, here.done]).toEqual([['far'], ['near']]);
  await expect(gateway.call('id-a9', act, { name: 'x' }, context)).rejects.toMatchObject({
    code: 'NOT_FOUND',
  });
});

test('what a hand refuses arrives with its code, its remedy and what it said before', async () => {
  const { gateway, context, lines } = await stagePair(async (_name, { log }) => {
    log('slurmctld: no room');
    throw fail('STORE_FULL', { remedy: 'Make room.' }, 'The disk is full.');
  });
  await expect(gateway.call('id-a2', act, { name: 'x' }, context)).rejects.toMatchObject({
    code: 'STORE_FULL',
    message: 'The disk is full.',
    data: { remedy: 'Make room.', node: 'a2' },
  });
  expect(lines).toEqual(['a2: slurmctld: no room']);
});

test('a change without an answer may have happened, a look may not; a dead node is told as such', async () => {
  const { gateway, context, agent } = await stagePair(
    (_name, { signal }) =>
      new Promise((_resolve, reject) => {
        signal.addEventListener('abort', () => reject(signal.reason));
      }),
  );
  const soon = { deadlineMs: 300 };
  await expect(gateway.call('id-a2', act, { name: 'x' }, context, soon)).rejects.toMatchObject({
    code: 'TIMEOUT',
    data: { outcome: 'unknown', node: 'a2' },
  });
  const missed = await gateway
    .call('id-a2', look, { name: 'x' }, context, soon)
    .catch((error: unknown) => error);
  expect(missed).toMatchObject({
    code: 'TIMEOUT',
    message: 'The agent on a2 did not answer in time.',
  });
  expect(missed).not.toHaveProperty('data.outcome');
  await agent.close();
  await expect(gateway.call('id-a2', look, { name: 'x' }, context)).rejects.toMatchObject({
    code: 'NODE_UNREACHABLE',
    message: 'The agent on a2 does not answer.',
  });
});
