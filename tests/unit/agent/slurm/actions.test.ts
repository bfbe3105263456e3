import { expect, test } from 'vitest';
import { SlurmActions } from '#agent/roles/slurm/actions';
import { fail } from '#shared/contract/errors';
import { listed, StagedCommands } from '#tests/support/slurm';
import { StillClock } from '#tests/support/still-clock';

/** A queue and nodes that do what they are told, in the words of SLURM 22.05. */
function stage(wish: { onScontrol?: (argv: readonly string[]) => void } = {}) {
  const nodes = new Map([['a1', 'idle']]);
  const jobs = new Map([['7', { state: 'PENDING', reason: 'Resources' }]]);
  let refusal: string | null = null;
  const commands = new StagedCommands()
    .on('sinfo', (argv) => {
      const name = argv[argv.indexOf('-n') + 1] ?? '';
      const state = nodes.get(name);
      return listed(argv, state === undefined ? [] : [[name, state]]);
    })
    .on('squeue', (argv) => {
      const id = argv[argv.indexOf('-j') + 1] ?? '';
      const job = jobs.get(id);
      if (job === undefined) {
        return { code: 1, stderr: 'slurm_load_jobs error: Invalid job id specified\n' };
      }
      return listed(argv, [[id, job.state, job.reason]]);
    })
    .on('scontrol', (argv) => {
      wish.onScontrol?.(argv);
      if (refusal !== null) return { code: 1, stderr: refusal };
      const [, verb, target = ''] = argv;
      if (verb === 'update') nodes.set('a1', argv.includes('State=DRAIN') ? 'drained' : 'idle');
      if (verb === 'hold') jobs.set(target, { state: 'PENDING', reason: 'JobHeldAdmin' });
      if (verb === 'release') jobs.set(target, { state: 'PENDING', reason: 'None' });
      return '';
    })
    .on('scancel', (argv) => {
      jobs.set(argv[1] ?? '', { state: 'CANCELLED', reason: 'None' });
      return '';
    });
  const clock = new StillClock();
  let acted = 0;
  const actions = new SlurmActions({ commands, clock, acted: () => (acted += 1) });
  return {
    actions,
    commands,
    clock,
    nodes,
    jobs,
    acted: () => acted,
    refuse: (text: string) => {
      refusal = text;
    },
  };
}

test('a node is drained once, with the reason, and read back', async () => {
  const { actions, commands, acted } = stage();
  expect(await actions.onNode('a1', 'drain', 'fan "2" is dead')).toBe('drained');
  expect(commands.calls.filter(([program]) => program === 'scontrol')).toEqual([
    ['scontrol', 'update', 'NodeName=a1', 'State=DRAIN', 'Reason=fan 2 is dead'],
  ]);
  expect(acted()).toBe(1);
  expect(await actions.onNode('a1', 'resume', '')).toBe('idle');
});

test('a node with nothing to resume is left alone', async () => {
  const { actions, commands } = stage();
  expect(await actions.onNode('a1', 'resume', '')).toBe('idle');
  expect(commands.count('scontrol')).toBe(0);
});

test('jobs are held, released and cancelled, and read back', async () => {
  const { actions, jobs } = stage();
  expect(await actions.onJob('7', 'hold')).toBe('PENDING');
  expect(jobs.get('7')?.reason).toBe('JobHeldAdmin');
  expect(await actions.onJob('7', 'release')).toBe('PENDING');
  expect(jobs.get('7')?.reason).toBe('None');
  expect(await actions.onJob('7', 'cancel')).toBe('CANCELLED');
});

test.each(['99', '7; rm -rf /', '--help', '', '7\n8', '-1', '1'.repeat(40)])(
  'the job "%s" is not there',
  async (id) => {
    const { actions, commands } = stage();
    await expect(actions.onJob(id, 'cancel')).rejects.toMatchObject({ code: 'NOT_FOUND' });
    expect(commands.count('scancel')).toBe(0);
  },
);

test.each(['zz', 'a1 State=DOWN', '-a', 'ALL,a1', 'a[1-3]'])(
  'the node "%s" is not there',
  async (name) => {
    const { actions, commands } = stage();
    await expect(actions.onNode(name, 'drain', 'x')).rejects.toMatchObject({ code: 'NOT_FOUND' });
    expect(commands.count('scontrol')).toBe(0);
  },
);

test.each([
  ['slurm_update error: Invalid user id\n', 'PERMISSION_DENIED'],
  ['slurm_update error: Access/permission denied\n', 'PERMISSION_DENIED'],
  ['slurm_update error: Unable to contact slurm controller (connect failure)\n', 'SERVER_ERROR'],
  ['slurm_update error: Invalid node name specified\n', 'NOT_FOUND'],
])('what SLURM refuses with "%s" is %s', async (stderr, code) => {
  const { actions, refuse } = stage();
  refuse(stderr);
  await expect(actions.onNode('a1', 'drain', 'x')).rejects.toMatchObject({ code });
});

test('an answer that got lost is found by looking, and nothing is sent twice', async () => {
  const lost = fail('TIMEOUT', { remedy: 'Find out why scontrol hangs.' });
  const staged = stage({
    onScontrol: () => {
      staged.nodes.set('a1', 'draining');
      throw lost;
    },
  });
  expect(await staged.actions.onNode('a1', 'drain', 'x')).toBe('draining');
  expect(staged.commands.count('scontrol')).toBe(1);
});

test('what does not show in time is told as unknown', async () => {
  const staged = stage({
    onScontrol: () => {
      throw fail('TIMEOUT', { remedy: 'Find out why scontrol hangs.' });
    },
  });
  const acting = staged.actions.onNode('a1', 'drain', 'x').catch((error: unknown) => error);
  await staged.clock.advance(10_000);
  expect(await acting).toMatchObject({ code: 'TIMEOUT', data: { outcome: 'unknown' } });
  expect(staged.commands.count('scontrol')).toBe(1);
});
