import { expect, test } from 'vitest';
import { ClusterosSource } from '#electron/core/agents/source';
import type { AgentClient } from '#electron/core/agents/types';
import { ClusterWatch } from '#electron/core/inventory/cluster-watch';
import { fail } from '#shared/contract/errors';
import type { ClusterLive } from '#shared/contract/inventory';
import { FakeClock } from '#tests/support/fake-clock';
import { overviewOf } from '#tests/support/overview';
import { clusterOf } from '#tests/support/rows';
import { silent } from '#tests/support/store';
import { pass } from '#tests/support/watching';

/** A watch over one agent that a test scripts; its pace is a minute. */
function watch() {
  const clock = new FakeClock();
  const state = { fails: false, looks: 0, samples: 0, streams: 0, ended: 0 };
  let tell: () => void = () => {};
  const client: AgentClient = {
    async get(path) {
      if (path.startsWith('/api/v1/samples')) {
        state.samples += 1;
        throw fail('NOT_FOUND', { remedy: 'It keeps none.' });
      }
      state.looks += 1;
      if (state.fails) throw fail('CONNECTION_REFUSED', { remedy: 'Start it.' });
      return { data: overviewOf(), endpoint: 'a1:9090', latencyMs: 3 };
    },
    post: () => Promise.reject(new Error('not used')),
    delete: () => Promise.reject(new Error('not used')),
    events(onEvent, signal) {
      state.streams += 1;
      tell = () => onEvent({ kind: 'jobs' });
      return new Promise((resolve) =>
        signal.addEventListener('abort', () => {
          state.ended += 1;
          resolve();
        }),
      );
    },
    callsPerMinute: () => 1,
    close: async () => {},
  };
  const lives: ClusterLive[] = [];
  const watched = new ClusterWatch(clusterOf('a', { kind: 'clusteros' }), clock.now(), {
    clock,
    logger: silent,
    source: new ClusterosSource('a', { get: () => client, reset: async () => {} }, clock),
    history: { record() {}, fill() {}, spark: () => ({ cpu: [], memory: [], storage: [] }) },
    snapshots: { save: async () => {} },
    pace: () => ({ asleep: false, intervalMs: 60_000 }),
    onLive: (live) => void lives.push(live),
    onDelta: () => {},
  });
  const run = watched.run();
  return {
    clock,
    state,
    watched,
    tell: () => tell(),
    last: () => lives.at(-1),
    end: async () => {
      await watched.stop(false);
      await run;
    },
  };
}

test('an event is followed by a look, but many events by few looks', async () => {
  const { clock, state, tell, end } = watch();
  await pass(clock, 1000);
  expect(state).toMatchObject({ looks: 1, streams: 1 });
  await pass(clock, 15_000);
  tell();
  await pass(clock, 500);
  expect(state.looks).toBe(2);
  for (let second = 0; second < 24; second += 1) {
    tell();
    await pass(clock, 1000);
  }
  // a fifth of the minute lies between two looks
  expect(state.looks).toBe(4);
  await end();
});

test('the stream is closed while the cluster is paused, and when it is left', async () => {
  const { clock, state, watched, end } = watch();
  await pass(clock, 1000);
  watched.setPaused(true);
  await pass(clock, 1000);
  expect(state).toMatchObject({ streams: 1, ended: 1 });
  watched.setPaused(false);
  await pass(clock, 1000);
  expect(state).toMatchObject({ streams: 2, ended: 1 });
  await end();
  expect(state.ended).toBe(2);
});

test('a cluster that stops answering is left alone by events, and keeps what is known', async () => {
  const { clock, state, tell, last, end } = watch();
  await pass(clock, 1000);
  state.fails = true;
  await pass(clock, 15_000);
  tell();
  await pass(clock, 1000);
  expect(last()).toMatchObject({
    state: 'unavailable',
    clusterName: 'atelier',
    clusteros: { node: 'a1' },
  });
  const { looks } = state;
  tell();
  await pass(clock, 5_000);
  expect(state.looks).toBe(looks);
  expect(state.ended).toBe(1);
  await end();
});

test('what the agents measured before is asked for once, and its lack is no failure', async () => {
  const { clock, state, last, end } = watch();
  await pass(clock, 180_000, 1000);
  expect(state.samples).toBe(1);
  expect(last()?.state).toBe('active');
  await end();
});
