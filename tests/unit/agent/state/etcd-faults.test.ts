import { randomBytes, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { describe, expect, onTestFinished, test } from 'vitest';
import { systemClock } from '#agent/host/clock';
import { issueEtcdTls } from '#agent/state/etcd/certificates';
import { anyAnswer } from '#agent/state/etcd/codec';
import { EtcdMembers } from '#agent/state/etcd/members';
import { createEtcdState } from '#agent/state/etcd/state';
import { EtcdTransport } from '#agent/state/etcd/transport';
import { Failure } from '#shared/contract/errors';
import { type EtcdCluster, eventually, startEtcd } from '#tests/support/etcd';

async function cluster(size: number): Promise<EtcdCluster> {
  const etcd = await startEtcd(size);
  onTestFinished(() => etcd.close());
  return etcd;
}

const failureOf = async (call: Promise<unknown>): Promise<Failure> => {
  const error = await call.then(
    () => new Error('it did not fail'),
    (reason: unknown) => reason,
  );
  if (error instanceof Failure) return error;
  throw error;
};

describe('three members', { timeout: 60_000 }, () => {
  test('a hung member delays a read and stops none; a change sent to it is not repeated', async () => {
    const etcd = await cluster(3);
    const [first, second, third] = etcd.members;
    const nearest = [first, second, third].map((member) => member?.endpoint ?? '');
    const only = etcd.state(nearest.slice(0, 1));
    await eventually(async () => (await only.health()) === 'ok', 'the nearest answers');
    await only.close();
    const state = etcd.state(nearest);
    // until connections stand: one that is not made yet would surely carry no change
    for (let n = 0; n < 5; n += 1) await state.commit([], [{ key: 'n', put: 0 }]);
    first?.signal('SIGSTOP');
    const lost = await failureOf(state.commit([], [{ key: 'n', put: 1 }]));
    expect(lost.code).toBe('TIMEOUT');
    expect(lost.data.outcome).toBe('unknown');
    await eventually(
      async () => (await state.get('n').catch(() => null)) !== null,
      'the others answer',
    );
    expect((await state.get('n'))?.value).toBe(0);
    const began = performance.now();
    expect(await state.commit([], [{ key: 'n', put: 2 }])).not.toBeNull();
    // the hung one is asked last from now on
    expect(performance.now() - began).toBeLessThan(2_000);
    first?.signal('SIGCONT');
    await state.close();
  });

  test('a killed leader is replaced; leases and leads that were kept go on', async () => {
    const etcd = await cluster(3);
    const state = etcd.state();
    const lease = await state.lease(15_000);
    const led = await state.campaign('x', 1, lease, new AbortController().signal);
    const transport = etcd.transport();
    const members = new EtcdMembers(transport);
    let kills = 0;
    for (const member of etcd.members) {
      const { leaderId, memberId } = await members.status(member.endpoint);
      if (leaderId !== memberId) continue;
      kills += 1;
      await member.kill();
      await eventually(async () => (await state.health()) === 'ok', 'a leader is there');
      member.start();
      const only = etcd.state([member.endpoint]);
      await eventually(async () => (await only.health()) === 'ok', 'it is back');
      await only.close();
    }
    await transport.close();
    expect(kills).toBeGreaterThan(0);
    expect(led.lost.aborted).toBe(false);
    await led.proclaim(2);
    expect(await state.leader('x')).toEqual({ value: 2, epoch: led.epoch });
    await lease.release();
    await state.close();
  });

  test('without quorum a watch ends with a failure, and reads of the copy go on', async () => {
    const etcd = await cluster(3);
    const [survivor, ...others] = etcd.members;
    const state = etcd.state([survivor?.endpoint ?? '']);
    const revision = await state.commit([], [{ key: 'kept', put: 1 }]);
    const lease = await state.lease(3_000);
    const watching = failureOf(
      (async () => {
        const never = new AbortController().signal;
        for await (const changes of state.watch('', revision ?? 0, never)) void changes;
      })(),
    );
    await Promise.all(others.map((member) => member.kill()));
    expect((await watching).code).toBe('NO_QUORUM');
    expect((await state.get('kept', { stale: true }))?.value).toBe(1);
    expect(await state.health()).toBe('read-only');
    await eventually(() => lease.lost.aborted, 'the lease is lost');
    const refused = await failureOf(state.commit([], [{ key: 'kept', put: 2 }]));
    expect(refused.code).toBe('NO_QUORUM');
    // surely not done, so nothing has to be looked up
    expect(refused.data.outcome).toBeUndefined();
    for (const member of others) member.start();
    await eventually(async () => (await state.health()) === 'ok', 'quorum is back');
    expect((await state.get('kept'))?.value).toBe(1);
    await state.close();
  });

  test('a watch breaks off with its member, and goes on elsewhere from its revision', async () => {
    const etcd = await cluster(3);
    const [first] = etcd.members;
    const state = etcd.state();
    let seen = (await state.commit([], [{ key: 'w', put: 0 }])) ?? 0;
    const values: unknown[] = [];
    const stop = new AbortController();
    let breaks = 0;
    const watching = (async () => {
      while (!stop.signal.aborted) {
        try {
          for await (const changes of state.watch('w', seen, stop.signal)) {
            for (const change of changes) values.push(change.entry?.value);
            seen = changes.at(-1)?.revision ?? seen;
          }
        } catch (error) {
          if (!(error instanceof Failure)) throw error;
          breaks += 1;
        }
      }
    })();
    await state.commit([], [{ key: 'w', put: 1 }]);
    await eventually(() => values.length === 1, 'the first change');
    await first?.kill();
    await eventually(() => breaks > 0, 'the watch breaks off');
    await eventually(
      async () => (await state.commit([], [{ key: 'w', put: 2 }]).catch(() => null)) !== null,
      'the others take it',
    );
    await eventually(() => values.includes(2), 'it is seen elsewhere');
    stop.abort();
    await watching;
    expect(values[0]).toBe(1);
    await state.close();
  });

  test('whoever asks for a revision that was compacted is told to list again', async () => {
    const etcd = await cluster(1);
    const state = etcd.state();
    for (let n = 0; n < 5; n += 1) await state.commit([], [{ key: 'k', put: n }]);
    const revision = await state.revision();
    const transport = etcd.transport();
    const body = { revision: String(revision), physical: true };
    await transport.write({ path: '/v3/kv/compaction', body, schema: anyAnswer });
    const changes = state.watch('', 1, new AbortController().signal);
    const failure = await failureOf(changes[Symbol.asyncIterator]().next());
    expect(failure.code).toBe('REVISION_CHANGED');
    await Promise.all([transport.close(), state.close()]);
  });
});

describe('something else than etcd', () => {
  const seed = randomBytes(32);
  const uuid = randomUUID();

  /** Answers every request with the same; counts them. */
  async function server(status: number, body: string | null, ownSeed: Uint8Array = seed) {
    const tls = await issueEtcdTls(ownSeed, uuid, 'fake', ['127.0.0.1']);
    let requests = 0;
    const https = createServer(
      { ...tls, requestCert: true, rejectUnauthorized: false },
      (request, response) => {
        requests += 1;
        request.resume();
        request.on('end', () => {
          if (body === null) response.destroy();
          else response.writeHead(status).end(body);
        });
      },
    );
    https.listen(0, '127.0.0.1');
    await once(https, 'listening');
    onTestFinished(async () => {
      https.closeAllConnections();
      await new Promise((done) => https.close(done));
    });
    const { port } = https.address() as AddressInfo;
    return { endpoint: `https://127.0.0.1:${port}`, count: () => requests };
  }

  async function stateOver(...endpoints: string[]) {
    const tls = await issueEtcdTls(seed, uuid, 'test', ['127.0.0.1']);
    const transport = new EtcdTransport({ endpoints: () => endpoints, tls, clock: systemClock });
    const state = createEtcdState(transport, uuid, systemClock);
    onTestFinished(() => state.close());
    return state;
  }

  test.each([
    [200, '<html>hello</html>'],
    [200, '{"header":{"revision":12}}'],
    [200, '{"header":{"revision":"12"},"kvs":[{"key":"%%%"}],"succeeded":"yes"}'],
    [502, '<html>Bad gateway</html>'],
    [200, ''],
  ])('answers %i %s: no read believes it, no change is repeated', async (status, body) => {
    const [one, two] = [await server(status, body), await server(status, body)];
    const state = await stateOver(one.endpoint, two.endpoint);
    expect((await failureOf(state.list(''))).code).toBe('BAD_RESPONSE');
    expect([one.count(), two.count()]).toEqual([1, 1]);
    const failure = await failureOf(state.commit([], [{ key: 'k', put: 1 }]));
    expect(failure.code).toBe('BAD_RESPONSE');
    expect(failure.data.outcome).toBe('unknown');
    expect(one.count() + two.count()).toBe(3);
    expect(await state.health()).toBe('unreachable');
  });

  test('a connection that breaks off after the change was sent leaves its end unknown', async () => {
    const [one, two] = [await server(200, null), await server(200, null)];
    const state = await stateOver(one.endpoint, two.endpoint);
    const failure = await failureOf(state.commit([], [{ key: 'k', put: 1 }]));
    expect([failure.code, failure.data.outcome]).toEqual(['UNREACHABLE', 'unknown']);
    expect(one.count() + two.count()).toBe(1);
  });

  test('a closed port means surely not done: the next member is asked', async () => {
    const good = '{"header":{"revision":"7"},"succeeded":true}';
    const alive = await server(200, good);
    const state = await stateOver('https://127.0.0.1:1', alive.endpoint);
    expect(await state.commit([], [{ key: 'k', put: 1 }])).toBe(7);
    expect(alive.count()).toBe(1);
  });

  test('a server of another cluster key gets no request at all', async () => {
    const foreign = await server(200, '{}', randomBytes(32));
    const state = await stateOver(foreign.endpoint);
    const failure = await failureOf(state.get('k'));
    expect(failure.code).toBe('TLS_FAILED');
    expect(foreign.count()).toBe(0);
  });

  test('without any address it says so', async () => {
    const state = await stateOver();
    expect((await failureOf(state.get('k'))).code).toBe('UNREACHABLE');
  });
});

test('etcd lets nobody in who does not hold the cluster key', async () => {
  const etcd = await cluster(1);
  const tls = await issueEtcdTls(randomBytes(32), etcd.uuid, 'stranger', ['127.0.0.1']);
  const endpoints = () => etcd.members.map((member) => member.endpoint);
  // it would even trust the server: the server does not trust it
  const transport = new EtcdTransport({
    endpoints,
    tls: { ...tls, ca: etcd.tls.ca },
    clock: systemClock,
  });
  const state = createEtcdState(transport, etcd.uuid, systemClock);
  const failure = await failureOf(state.list(''));
  expect(['TLS_FAILED', 'UNREACHABLE']).toContain(failure.code);
  await state.close();
});
