import { expect, onTestFinished, test, vi } from 'vitest';
import { Observer } from '#agent/roles/slurm/observer';
import { createSqliteState } from '#agent/state/sqlite/state';
import { SqliteStore } from '#agent/state/sqlite/store';
import { fail } from '#shared/contract/errors';
import { KeptLog, member, StagedMembership } from '#tests/support/agent';
import { listed, StagedCommands } from '#tests/support/slurm';
import { StillClock } from '#tests/support/still-clock';

const UP = 'Slurmctld(primary) at a1 is UP\n';
const DEAD_FIRST = 'Slurmctld(primary) at a1 is DOWN\nSlurmctld(backup) at a2 is UP\n';

/** Observers of one cluster, by node name, over one state and a clock that is moved by hand. */
function stage(...names: string[]) {
  const clock = new StillClock();
  const store = new SqliteStore(':memory:', clock);
  onTestFinished(() => store.close());
  const jobs: string[] = [];
  let ping = UP;
  const nodes = names.map((name) => {
    const own = member(name);
    const membership = new StagedMembership(
      own,
      names.filter((one) => one !== name).map((one) => member(one)),
    );
    const commands = new StagedCommands()
      .on('scontrol', () => ping)
      .on('sinfo', (argv) => listed(argv, []))
      .on('squeue', (argv) =>
        listed(
          argv,
          jobs.map((id) => [id, 'x', 'PENDING', 'ada', '0:00', 'batch', '', 'None', '1', '1']),
        ),
      );
    const state = createSqliteState(store, clock);
    const observer = new Observer({
      commands,
      state,
      membership,
      clock,
      logger: new KeptLog(),
      isReady: () => true,
    });
    onTestFinished(async () => {
      await observer.close();
      await state.close();
    });
    return { name, observer, commands, membership };
  });
  const node = (name: string) => {
    const found = nodes.find((one) => one.name === name);
    if (found === undefined) throw new Error(`No node ${name}`);
    return found;
  };
  return {
    clock,
    jobs,
    node,
    nodes,
    pings: (text: string) => {
      ping = text;
    },
  };
}

/** Moves the clock until it holds; each step lets the observers work. */
const soon = (clock: StillClock, check: () => void) =>
  vi.waitFor(
    async () => {
      await clock.advance(500);
      check();
    },
    { timeout: 10_000, interval: 5 },
  );

test('a look that takes long because a machine is dead is followed by the next all the same', async () => {
  const { clock, node, pings } = stage('a2');
  const { observer, commands } = node('a2');
  pings(DEAD_FIRST);
  commands.on('squeue', async (argv, { deadlineMs, signal }) => {
    // clients try the dead machine first
    expect(deadlineMs).toBeGreaterThan(9_000);
    await clock.sleep(9_000, signal);
    return listed(argv, []);
  });
  observer.start();
  await soon(clock, () => expect(commands.count('squeue')).toBe(2));
  // 9 s of a look and a pause, and not minutes
  expect(clock.monotonic()).toBeLessThan(30_000);
});

test('what another node told meanwhile is told anew when it is so again', async () => {
  const { clock, jobs, node } = stage('a1', 'a2', 'a3');
  node('a3').observer.start();
  const told = () => node('a3').observer.seen?.jobs.map(({ id }) => id);
  node('a1').observer.start();
  await soon(clock, () => expect(told()).toEqual([]));
  // after an action on a2 that node looks and tells
  jobs.push('7');
  node('a2').observer.start();
  await node('a2').observer.lookNow();
  await soon(clock, () => expect(told()).toEqual(['7']));
  // it is as a1 had told it before
  jobs.length = 0;
  await soon(clock, () => expect(told()).toEqual([]));
});

test('SLURM that does not answer in time has no primary, and what was seen stays', async () => {
  const { clock, jobs, node } = stage('a1');
  const { observer, commands } = node('a1');
  jobs.push('7');
  observer.start();
  await soon(clock, () => expect(observer.look).toMatchObject({ trouble: null, primary: 'a1' }));
  const late = () => {
    throw fail('TIMEOUT', { remedy: 'Find out why it hangs.' }, 'It did not end within 5 s.');
  };
  commands.on('squeue', late).on('scontrol', late);
  await soon(clock, () => expect(observer.look).toMatchObject({ primary: null }));
  expect(observer.look?.trouble).toBe('No SLURM controller answers.');
  expect(observer.seen?.jobs.map(({ id }) => id)).toEqual(['7']);
  expect(observer.look?.asOf).toBeLessThan(clock.now());
});

test('a node that is none of the first looks itself when nobody tells any more', async () => {
  const { clock, node } = stage('a1', 'a2');
  node('a1').observer.start();
  node('a2').observer.start();
  await soon(clock, () => expect(node('a2').observer.look).toMatchObject({ observer: 'id-a1' }));
  expect(node('a2').commands.calls).toEqual([]);
  // it hangs, but gossip still sees it alive
  await node('a1').observer.close();
  await soon(clock, () => expect(node('a2').observer.look).toMatchObject({ observer: 'id-a2' }));
});
