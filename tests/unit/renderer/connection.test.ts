import { describe, expect, it } from 'vitest';
import { Connection, type ConnectionStatus } from '../../../renderer/transport/connection';
import { NotConnected, type Wire, WireRefused } from '../../../renderer/transport/wire';

/** A dialer whose wires a test opens, breaks and refuses by hand. */
class FakeDialer {
  readonly opened: { fail(): void }[] = [];
  answers: ('open' | 'fail' | 'refuse')[] = [];

  async dial(): Promise<Wire> {
    const answer = this.answers.shift() ?? 'open';
    if (answer === 'fail') throw new Error('nobody there');
    if (answer === 'refuse') throw new WireRefused('Not signed in.', 'Open it again.');
    const { promise: closed, resolve } = Promise.withResolvers<void>();
    this.opened.push({ fail: resolve });
    const number = this.opened.length;
    return { closed, close: resolve, link: { call: async () => `wire ${number}` } };
  }
}

function start(dialer: FakeDialer, pings: boolean[] = []) {
  const sleeps: { ms: number; wake(): void }[] = [];
  const connection = new Connection({
    dialer,
    ping: async () => {
      if (pings.shift() === false) throw new Error('no answer');
    },
    sleep: (ms, signal) => {
      const { promise, resolve, reject } = Promise.withResolvers<void>();
      signal.addEventListener('abort', () => reject(signal.reason));
      sleeps.push({ ms, wake: resolve });
      return promise;
    },
    now: () => 1000,
  });
  const seen: ConnectionStatus['phase'][] = [];
  connection.subscribe(() => seen.push(connection.status().phase));
  let served = 0;
  const done = connection.run(async (signal) => {
    served += 1;
    await new Promise((_, reject) => {
      signal.addEventListener('abort', () => reject(signal.reason));
    });
  });
  /** wakes the sleep that was asked for last with this length */
  const wake = async (ms: number) => {
    await expect.poll(() => sleeps.some((sleep) => sleep.ms === ms)).toBe(true);
    const index = sleeps.findLastIndex((sleep) => sleep.ms === ms);
    sleeps.splice(index, 1)[0]?.wake();
  };
  const call = () => connection.call(['app', 'info'], undefined, { context: {} });
  return { connection, seen, wake, call, done, served: () => served };
}

describe('the connection to the core', () => {
  it('serves anew on each connection and answers calls over the newest', async () => {
    const dialer = new FakeDialer();
    const { connection, seen, wake, call, served } = start(dialer);
    await expect.poll(() => connection.status().phase).toBe('connected');
    expect(await call()).toBe('wire 1');
    dialer.opened[0]?.fail();
    await expect.poll(() => connection.status().phase).toBe('reconnecting');
    await expect(call()).rejects.toBeInstanceOf(NotConnected);
    await wake(150);
    await expect.poll(() => connection.status().phase).toBe('connected');
    expect(await call()).toBe('wire 2');
    expect(served()).toBe(2);
    expect(seen).toEqual(['connected', 'reconnecting', 'connected']);
    connection.stop();
  });

  it('waits longer after each failure, and keeps since when it is away', async () => {
    const dialer = new FakeDialer();
    dialer.answers = ['fail', 'fail', 'fail', 'open'];
    const { connection, wake } = start(dialer);
    for (const ms of [150, 300, 600]) {
      await wake(ms);
      expect(connection.status()).toEqual({ phase: 'reconnecting', since: 1000 });
    }
    await expect.poll(() => connection.status().phase).toBe('connected');
    connection.stop();
  });

  it('stops asking where the host refuses this window', async () => {
    const dialer = new FakeDialer();
    dialer.answers = ['refuse'];
    const { connection, done } = start(dialer);
    await done;
    expect(connection.status()).toEqual({
      phase: 'error',
      title: 'Not signed in.',
      remedy: 'Open it again.',
    });
  });

  it('tells a busy core from a lost one', async () => {
    const { connection, seen, wake } = start(new FakeDialer(), [false, true]);
    await wake(10_000);
    await expect.poll(() => connection.status().phase).toBe('degraded');
    await wake(10_000);
    await expect.poll(() => connection.status().phase).toBe('connected');
    expect(seen).toEqual(['connected', 'degraded', 'connected']);
    connection.stop();
  });

  it('ends for good when it is stopped', async () => {
    const { connection, done, call } = start(new FakeDialer());
    await expect.poll(() => connection.status().phase).toBe('connected');
    connection.stop();
    await done;
    await expect(call()).rejects.toBeInstanceOf(NotConnected);
  });
});
