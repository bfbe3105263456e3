import { expect, test } from 'vitest';
import { slurmConfig } from '#agent/roles/slurm/config';
import { LostJobs } from '#agent/roles/slurm/lost-jobs';
import { fail } from '#shared/contract/errors';
import { KeptLog, member, StagedMembership } from '#tests/support/agent';
import { listed, StagedCommands } from '#tests/support/slurm';
import { StillClock } from '#tests/support/still-clock';

const TIMEOUT_MS = 10_000;

/** Node a3, to which the controller that moved had sent job 7; it looks every 10 s. */
function stage() {
  const clock = new StillClock();
  const movedAt = clock.now();
  const log = new KeptLog();
  const membership = new StagedMembership(member('a3'), [member('a1'), member('a2')]);
  const world = {
    /** id, unix seconds of the start, batch host */
    jobs: [['7', String(movedAt / 1000 - 1), 'a3']] as string[][],
    steps: [] as string[],
    toldAt: movedAt as number | null,
    squeue: null as Error | null,
    registered: 0,
  };
  const commands = new StagedCommands().on('squeue', (argv) => {
    if (world.squeue !== null) throw world.squeue;
    return listed(argv, world.jobs);
  });
  const lost = new LostJobs({
    clock,
    commands,
    logger: log,
    membership,
    told: { since: async () => world.toldAt },
    steps: async () => world.steps,
    register: async () => {
      world.registered += 1;
    },
  });
  const config = slurmConfig.parse({
    clusterName: 'forge',
    controllers: ['id-a2'],
    stateSaveLocation: '/shared',
    shared: true,
    stateId: 'x',
    firstJobId: 1,
    slurmUser: 'slurm',
    containment: 'linuxproc',
    slurmctldTimeoutMs: TIMEOUT_MS,
    slurmdTimeoutMs: 300_000,
    partitions: [],
    extra: [],
    relays: [{ from: 'id-a1', to: 'id-a2', since: movedAt }],
    revision: 2,
  });
  const seen = [
    {
      id: '7',
      name: 'j',
      state: 'RUNNING',
      user: 'u',
      partition: 'batch',
      nodes: ['a3'],
      reason: '',
      submitTime: 0,
      cpus: 1,
      usedS: 1,
    },
  ];
  /** As the keeper does it: a round every few seconds. */
  const during = async (ms: number, relays = config.relays) => {
    for (let left = ms; left > 0; left -= 5_000) {
      await clock.advance(5_000);
      await lost.settle({ ...config, relays }, 'a3', seen);
    }
  };
  return { clock, commands, during, log, movedAt, world };
}

test('a job from before the move that no process runs makes its node register', async () => {
  const { during, log, world } = stage();
  // a client may still sleep that long, and its answer may change what is there
  await during(10_000);
  expect(world.registered).toBe(0);
  await during(15_000);
  expect(world.registered).toBe(1);
  expect(log.lines.at(-1)?.fields).toEqual({ jobs: ['7'] });
});

test('where that settles nothing it registers again, ever more seldom, and anew for the next one', async () => {
  const { during, world } = stage();
  await during(25_000);
  await during(70_000);
  expect(world.registered).toBe(2);
  await during(90_000);
  expect(world.registered).toBe(2);
  await during(40_000);
  expect(world.registered).toBe(3);
  world.steps = ['7.batch'];
  await during(15_000);
  world.steps = [];
  await during(15_000);
  expect(world.registered).toBe(4);
});

test.each([
  ['a process runs it', { steps: ['7.batch'] }],
  ['it began after the move', { startedAfterS: 60 }],
  ['its script runs on another node', { host: 'a1' }],
  ['a node still goes by the old controllers', { toldAt: null }],
] as const)('nothing is done where %s', async (_name, wish) => {
  const { during, movedAt, world } = stage();
  const {
    steps = [],
    startedAfterS = -1,
    host = 'a3',
    toldAt = movedAt,
  } = { ...wish } as {
    steps?: readonly string[];
    startedAfterS?: number;
    host?: string;
    toldAt?: number | null;
  };
  Object.assign(world, { steps: [...steps], toldAt });
  world.jobs = [['7', String(movedAt / 1000 + startedAfterS), host]];
  await during(120_000);
  expect(world.registered).toBe(0);
});

test('no one is asked where no controller has moved', async () => {
  const { commands, during } = stage();
  await during(60_000, []);
  expect(commands.calls).toEqual([]);
});

test('a controller that does not answer is asked again', async () => {
  const { during, world } = stage();
  world.squeue = fail('TIMEOUT', { remedy: 'Wait.' });
  await during(40_000);
  expect(world.registered).toBe(0);
  world.squeue = null;
  await during(15_000);
  expect(world.registered).toBe(1);
});
