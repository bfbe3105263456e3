import { expect, test } from 'vitest';
import type { SeenJob } from '#agent/roles/slurm/look';
import { falselyCompleting, isWithoutJobs } from '#agent/roles/slurm/miscounted';
import { StuckNodes } from '#agent/roles/slurm/stuck-nodes';
import { fail } from '#shared/contract/errors';
import { KeptLog } from '#tests/support/agent';
import { StagedCommands, slurmNode } from '#tests/support/slurm';
import { StillClock } from '#tests/support/still-clock';

const job = (state: string, nodes: string[]): SeenJob => ({
  id: '7',
  name: 'j',
  state,
  user: 'ada',
  partition: 'batch',
  nodes,
  reason: '',
  submitTime: 1,
  cpus: 1,
  usedS: 1,
});

/** SLURM calls a3 completing, and no job is. */
function stage() {
  const clock = new StillClock();
  const log = new KeptLog();
  const world = {
    /** as `sinfo -t completing` and `squeue -t COMPLETING` list them */
    nodes: ['a3', 'a3'],
    jobs: [] as string[],
    /** as they were last seen */
    seen: {
      nodes: [slurmNode('a2', 'idle'), slurmNode('a3', 'completing')],
      jobs: [] as SeenJob[],
    },
    silent: false,
    restarts: 0,
  };
  const told = (rows: readonly string[]) => {
    if (world.silent) throw fail('TIMEOUT', { remedy: 'Look at the controller.' });
    return rows.join('\n');
  };
  const commands = new StagedCommands()
    .on('sinfo', () => told(world.nodes))
    .on('squeue', () => told(world.jobs))
    .on('srun', () => '');
  const stuck = new StuckNodes({ clock, commands, logger: log });
  const rounds = async (forMs: number) => {
    for (let ms = 0; ms < forMs; ms += 2_000) {
      const round = stuck.settle(world.seen, async () => {
        world.restarts += 1;
      });
      await clock.advance(2_000);
      await round;
    }
  };
  return { clock, log, world, commands, rounds };
}

test('starts a controller anew that calls a node completing for good, and does so once', async () => {
  const { world, rounds, log, commands } = stage();
  await rounds(8_000);
  expect(world.restarts).toBe(0);
  await rounds(60_000);
  expect(world.restarts).toBe(1);
  // the end of a job on it ends the matter
  expect(commands.count('srun', 'a3', 'true')).toBe(1);
  expect(log.lines).toContainEqual(expect.objectContaining({ fields: { nodes: ['a3'] } }));
  // where that did not help, some time passes first
  await rounds(10 * 60_000);
  expect(world.restarts).toBe(2);
});

test('leaves a node alone on which an epilog takes its time', async () => {
  const { world, rounds } = stage();
  world.seen.jobs = [job('COMPLETING', ['a3'])];
  await rounds(60_000);
  // seen too late, but not when it is asked for
  world.seen.jobs = [];
  world.jobs = ['a[2-3]'];
  await rounds(60_000);
  expect(world.restarts).toBe(0);
});

test('takes short jobs that end one after another for what they are', async () => {
  const { world, rounds } = stage();
  for (let times = 0; times < 20; times += 1) {
    world.seen.nodes = [slurmNode('a3', times % 3 === 0 ? 'mixed' : 'completing')];
    await rounds(2_000);
  }
  expect(world.restarts).toBe(0);
});

test('does nothing while SLURM does not answer', async () => {
  const { world, rounds, commands } = stage();
  world.silent = true;
  await rounds(60_000);
  expect(world.restarts).toBe(0);
  expect(await falselyCompleting(commands)).toBeNull();
});

test('knows whether any job has a place', async () => {
  const { world, commands } = stage();
  expect(await isWithoutJobs(commands)).toBe(true);
  world.jobs = ['a3'];
  expect(await isWithoutJobs(commands)).toBe(false);
  world.silent = true;
  expect(await isWithoutJobs(commands)).toBe(false);
});
