import { expect, onTestFinished, test } from 'vitest';
import { systemClock } from '#agent/host/clock';
import type { Clock } from '#agent/ports';
import { PARTITIONS_KEY } from '#agent/roles/slurm/config';
import { OrderlyEnd } from '#agent/roles/slurm/ending';
import { Partitions } from '#agent/roles/slurm/partitions';
import { createSqliteState } from '#agent/state/sqlite/state';
import { SqliteStore } from '#agent/state/sqlite/store';
import { fail } from '#shared/contract/errors';
import { KeptLog } from '#tests/support/agent';
import { StagedCommands } from '#tests/support/slurm';

/** Each pause is a second that is over at once. */
function hurried(): Clock {
  let at = 0;
  return {
    now: () => at,
    monotonic: () => at,
    sleep: async (ms) => {
      at += ms;
      await Promise.resolve();
    },
  };
}

/** SLURM with partitions, of which what was done is kept in one order with all else. */
function staged(states: Record<string, string>) {
  const did: string[] = [];
  const seen = { agents: [0], calls: [0], isLent: true, isShut: true, stops: true, answers: true };
  /** the controller's own, as it is handed over */
  const socket = { isClosed: false, close: () => void (socket.isClosed = true) };
  const next = (counts: number[]) => (counts.length > 1 ? counts.shift() : counts[0]) ?? 0;
  const commands = new StagedCommands()
    .on('scontrol', (argv) => {
      if (!seen.answers) return { code: 1 };
      const [, name = '', state = ''] =
        /update PartitionName=(\S+) State=(\S+)/.exec(argv.join(' ')) ?? [];
      if (name !== '') {
        did.push(`${name} ${state}`);
        states[name] = state;
        return '';
      }
      const row = ([one, now]: [string, string]) =>
        `PartitionName=${one} AllowGroups=ALL PreemptMode=OFF State=${now} TotalCPUs=4\n`;
      return Object.entries(states).map(row).join('');
    })
    .on('sdiag', () => {
      const agents = next(seen.agents);
      did.push(`agents ${agents}`);
      return `Server thread count:  3\nAgent queue size:    0\nAgent count:         ${agents}\nDBD Agent queue size: 9\n`;
    });
  const store = new SqliteStore(':memory:', systemClock);
  const state = createSqliteState(store, systemClock);
  onTestFinished(async () => {
    await state.close();
    store.close();
  });
  const logger = new KeptLog();
  const partitions = new Partitions({ state, commands, logger });
  const ending = new OrderlyEnd({
    commands,
    clock: hurried(),
    logger,
    partitions,
    controller: {
      daemon: async () => ({ state: 'running', pid: 4711, since: 0, message: '' }),
      async stop(options) {
        did.push(options?.isPortKept === true ? 'stop, port kept' : 'stop');
        if (!seen.stops) throw fail('TIMEOUT', { remedy: 'Look at it.' });
      },
    },
    door: {
      async lend(pid) {
        did.push(`lend ${pid}`);
        return seen.isLent ? socket : null;
      },
      async shut() {
        did.push('shut');
        return seen.isShut;
      },
      async open() {
        did.push('open');
      },
      async calls() {
        const calls = next(seen.calls);
        did.push(`calls ${calls}`);
        return calls;
      },
    },
  });
  const stop = () => ending.stop(() => undefined);
  return { did, seen, states, state, partitions, stop, socket };
}

test('no job begins any more, then nobody new gets through, and only then it is stopped', async () => {
  const { did, seen, stop, socket } = staged({ batch: 'UP', gpu: 'UP' });
  seen.agents = [2, 1, 0];
  seen.calls = [2, 0, 3, 0];
  expect(await stop()).toBe(socket);
  expect(socket.isClosed).toBe(false);
  expect(did).toEqual([
    'batch DOWN',
    'gpu DOWN',
    'agents 2',
    'agents 1',
    'agents 0',
    'lend 4711',
    'calls 2',
    'calls 0',
    'shut',
    'calls 3',
    'calls 0',
    'stop, port kept',
    'open',
  ]);
});

test('it is stopped all the same where a node or a client does not come to an end', async () => {
  const { did, seen, stop } = staged({ batch: 'UP' });
  seen.agents = [1];
  seen.calls = [1];
  await stop();
  expect(did.slice(-2)).toEqual(['stop, port kept', 'open']);
  expect(did.length).toBeLessThan(500);
});

test('it is stopped all the same where this machine cannot shut the door, or SLURM is silent', async () => {
  const { did, seen, stop } = staged({ batch: 'UP' });
  seen.isLent = false;
  seen.answers = false;
  await stop();
  expect(did).toEqual(['lend 4711', 'stop', 'open']);
});

test('one that does not stop has its port for itself and is open to its clients again', async () => {
  const { did, seen, stop, socket } = staged({ batch: 'UP' });
  seen.stops = false;
  await expect(stop()).rejects.toMatchObject({ code: 'TIMEOUT' });
  expect(did.at(-1)).toBe('open');
  expect(socket.isClosed).toBe(true);
});

test("partitions are brought back as they were, once, and an admin's are left alone", async () => {
  const { did, states, state, partitions, stop } = staged({
    batch: 'UP',
    gpu: 'DRAIN',
    old: 'DOWN',
  });
  await stop();
  expect(states).toEqual({ batch: 'DOWN', gpu: 'DRAIN', old: 'DOWN' });
  await partitions.restore();
  expect(states).toEqual({ batch: 'UP', gpu: 'DRAIN', old: 'DOWN' });
  expect(await state.get(PARTITIONS_KEY)).toBeNull();
  const before = did.length;
  states['batch'] = 'INACTIVE';
  await partitions.restore();
  expect(did).toHaveLength(before);
});

test('what an admin took down stays so with a controller that read slurm.conf anew', async () => {
  const { states, partitions, stop } = staged({ batch: 'UP', gpu: 'DRAIN' });
  await stop();
  Object.assign(states, { batch: 'UP', gpu: 'UP' });
  await partitions.restore();
  expect(states).toEqual({ batch: 'UP', gpu: 'DRAIN' });
});

test('a stop that is begun again still knows how the partitions were before the first try', async () => {
  const { seen, states, partitions, stop } = staged({ batch: 'UP', gpu: 'DRAIN' });
  seen.stops = false;
  await expect(stop()).rejects.toMatchObject({ code: 'TIMEOUT' });
  seen.stops = true;
  await stop();
  await partitions.restore();
  expect(states).toEqual({ batch: 'UP', gpu: 'DRAIN' });
});

test('a controller that does not answer leaves for later what is to be brought back', async () => {
  const { seen, states, partitions, stop } = staged({ batch: 'UP' });
  await stop();
  seen.answers = false;
  await expect(partitions.restore()).rejects.toMatchObject({ code: 'SERVER_ERROR' });
  seen.answers = true;
  await partitions.restore();
  expect(states).toEqual({ batch: 'UP' });
});
