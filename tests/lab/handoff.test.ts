import { afterAll, beforeAll, expect, it } from 'vitest';
import type { LabHost } from '#tests/lab/host';
import { type Lab, startLab } from '#tests/lab/lab';
import { ACCOUNTING, prepareLoad, Submitter } from '#tests/lab/load/submitter';
import {
  begin,
  ended,
  endedAfter,
  handoffTo,
  planOn,
  Refused,
  startOn,
} from '#tests/lab/operations';
import { until } from '#tests/lab/process';
import { jobState, ready } from '#tests/lab/views';

// a: two controllers that share their folder; b: two that do not. In order: each begins where the
// one before ended.
let lab: Lab;
const host = (name: string): LabHost => lab.host(name);
const SLEEP = '#!/bin/sh\nexec sleep 600\n';
/** the budget of one submission is 1.5 s; a machine that runs other tests too is given more */
const LONGEST_MS = 6_000;
/** a standby waits for SlurmctldTimeout before it believes that the other is gone */
const SLOW_MS = 90_000;

beforeAll(async () => {
  lab = await startLab({
    clusters: { a: 3, b: 2 },
    configure: (config, { cluster }) => {
      const controller =
        cluster === 'a'
          ? { ...config.roles['slurm-controller'], extra: [...ACCOUNTING] }
          : { enabled: true, shared: false, slurmctld_timeout: 10 };
      return { ...config, roles: { ...config.roles, 'slurm-controller': controller } };
    },
  });
  await Promise.all([host('a1'), host('b1')].map(prepareLoad));
  await ready(['a1', 'a2', 'a3'].map(host));
  await ready(['b1', 'b2'].map(host));
});
afterAll(() => lab?.down());

const all = (cluster: string) => lab.hosts.filter((one) => one.cluster === cluster);
const runs = async (one: LabHost, program: string) =>
  (await one.exec(['pidof', program])).stdout.trim() !== '';
async function up(on: LabHost): Promise<string[]> {
  const { stdout } = await on.exec(['scontrol', 'ping']);
  return [...stdout.matchAll(/ at (\S+) is UP/g)].map(([, name = '']) => name);
}
/** one that starts anew beside its standby is away for a moment */
const leads = (name: string) =>
  until(async () => (await up(host('a3')))[0] === name, `${name} to be in control`);
/** What SLURM has not saved is lost by a power cut; with a change that comes last, all before it is. */
async function saved(on: LabHost, folder: string): Promise<void> {
  await on.sh('touch /tmp/now');
  const last = await on.submit(SLEEP, 'last', ['--hold']);
  await until(
    async () => (await on.sh(`find ${folder} -name job_state -newer /tmp/now`)).trim() !== '',
    'SLURM to save its jobs',
    { withinMs: 30_000 },
  );
  await on.must(['scancel', last]);
}
/** what SLURM itself says of a job: state, restarts, where */
async function job(on: LabHost, id: string) {
  const text = await on.must(['scontrol', 'show', 'job', id]);
  const field = (name: string) => new RegExp(`\\b${name}=(\\S+)`).exec(text)?.[1];
  return { state: field('JobState'), restarts: field('Restarts'), start: field('StartTime') };
}
async function running(on: LabHost, options: readonly string[] = []): Promise<string> {
  const id = await on.submit(SLEEP, 'steady', options);
  await until(async () => (await job(on, id)).state === 'RUNNING', 'the job to run');
  return id;
}
/** Hands over while somebody submits all the time. */
async function underLoad(from: LabHost, to: string) {
  const submitter = new Submitter(from);
  submitter.start();
  await submitter.served(2);
  const since = Date.now();
  const { id } = await begin(from, handoffTo(to));
  const answer = await ended(all(from.cluster), id);
  await submitter.served(3);
  await submitter.stop();
  const longestMs = submitter.longestSince(since);
  const failed = submitter.tickets.filter(({ error }) => error !== '');
  expect(failed).toEqual([]);
  expect(longestMs).toBeLessThan(LONGEST_MS);
  return { id, answer, submitter };
}

it('swaps two controllers under running jobs, and a standby returns only after them', async () => {
  const id = await running(host('a1'), ['-w', 'a3']);
  const before = await job(host('a1'), id);
  const attached = host('a1').exec(['srun', '-w', 'a3', 'sh', '-c', 'sleep 12; echo through'], {
    deadlineMs: SLOW_MS,
  });
  await until(
    async () => (await host('a1').sh('squeue -h -t R -o %i')).trim().split('\n').length >= 2,
    'the attached one to run',
  );
  const { answer, submitter } = await underLoad(host('a3'), 'a2');
  expect(answer.operation).toMatchObject({ state: 'done', reason: '' });
  expect(answer.plan.procedure).toBe('A');
  expect(answer.pulse).toMatchObject({ failed: 0 });
  expect(answer.pulse?.jobs_found).toBe(answer.pulse?.jobs_known);
  expect((await up(host('a3')))[0]).toBe('a2');
  expect(await job(host('a3'), id)).toEqual(before);
  expect(await attached).toMatchObject({ code: 0, stdout: 'through\n' });

  // nothing brings the old one back as long as a job from before runs
  await host('a1').agent('kill');
  await until(async () => (await host('a1').api('/health')).status === 200, 'its agent').catch(
    () => undefined,
  );
  await ready(all('a'));
  expect(await runs(host('a1'), 'slurmctld')).toBe(false);
  expect(await up(host('a1'))).toEqual(['a2']);
  // whoever knows only the old place is led to the new one
  const old = await host('a3').sh(
    'grep -v SlurmctldHost /etc/slurm/slurm.conf >/tmp/old.conf; echo "SlurmctldHost=a1(10.77.1.1)" >>/tmp/old.conf; SLURM_CONF=/tmp/old.conf squeue -h -t R -o %i',
  );
  expect(old).toContain(id);
  await host('a2').must(['scancel', id]);
  await until(async () => (await up(host('a3'))).includes('a1'), 'the standby to return', {
    withinMs: SLOW_MS,
  });
  await leads('a2');
  await submitter.settled(host('a3'));
  expect(await submitter.audit(host('a3'))).toMatchObject({ lost: [], repeated: [] });
}, 180_000);

it('brings all back when the new controller does not start', async () => {
  const id = await running(host('a2'), ['-w', 'a3']);
  const broken =
    'mv /usr/sbin/slurmctld /usr/sbin/slurmctld.good && printf \'#!/bin/sh\\n[ "$1" = -V ] && exec /usr/sbin/slurmctld.good -V\\nif [ -e /tmp/broken ]; then echo "fatal: broken on purpose"; exit 1; fi\\nexec /usr/sbin/slurmctld.good "$@"\\n\' >/usr/sbin/slurmctld && chmod 755 /usr/sbin/slurmctld && touch /tmp/broken';
  await host('a1').sh(broken);
  const { answer } = await underLoad(host('a3'), 'a1');
  await host('a1').sh('rm /tmp/broken');
  expect(answer.operation.state).toBe('undone');
  expect(answer.operation.reason).toContain('slurmctld did not come up');
  expect((await up(host('a3')))[0]).toBe('a2');
  expect(await job(host('a3'), id)).toMatchObject({ state: 'RUNNING', restarts: '0' });
  await until(async () => (await up(host('a3'))).includes('a1'), 'the standby to be back', {
    withinMs: SLOW_MS,
  });
  await host('a3').must(['scancel', id]);
});

it('refuses a plan that is not true any more, and a second one beside the first', async () => {
  const plan = await planOn(host('a3'), handoffTo('a1'));
  const other = await planOn(host('a1'), handoffTo('a1'));
  expect(other.hash).toBe(plan.hash);
  const started = await Promise.allSettled([startOn(host('a3'), plan), startOn(host('a1'), other)]);
  const [operation] = started.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
  expect(started.filter(({ status }) => status === 'rejected')).toHaveLength(1);
  const answer = await ended(all('a'), operation?.id ?? '');
  expect(answer.operation.state).toBe('done');
  // a1 has it now: the same plan would move nothing
  await expect(startOn(host('a3'), plan)).rejects.toThrow(Refused);
  expect((await up(host('a3')))[0]).toBe('a1');
});

it('copies the jobs to a node that does not share them, and back with all that happened', async () => {
  const id = await running(host('b1'), ['-w', 'b2']);
  const before = await job(host('b1'), id);
  const first = await underLoad(host('b2'), 'b2');
  expect(first.answer.operation).toMatchObject({ state: 'done', reason: '' });
  expect(first.answer.plan.procedure).toBe('B');
  expect(await up(host('b1'))).toEqual(['b2']);
  expect(await job(host('b1'), id)).toEqual(before);
  // the list of ended jobs came along
  await first.submitter.settled(host('b2'));
  const [early] = first.submitter.tickets;
  expect(await host('b2').sh('cat /var/spool/slurmctld/ended_jobs')).toContain(
    `JobId=${early?.id} `,
  );

  const meanwhile = await running(host('b2'), ['-w', 'b1']);
  const { operation } = await endedAfter(all('b'), host('b2'), first.id, 'rollback', SLOW_MS);
  expect(operation.state).toBe('undone');
  expect(await up(host('b2'))).toEqual(['b1']);
  for (const one of [id, meanwhile]) {
    expect(await job(host('b2'), one)).toMatchObject({ state: 'RUNNING', restarts: '0' });
  }
  const next = await host('b2').submit(SLEEP, 'next', ['--hold']);
  expect(Number(next)).toBeGreaterThan(Number(meanwhile));
  expect(await runs(host('b2'), 'slurmctld')).toBe(false);
  await host('b1').must(['scancel', id, meanwhile, next]);
});

it('takes over from a node without power, and it does not come back as the controller', async () => {
  const id = await running(host('a3'), ['-w', 'a3']);
  await until(async () => (await up(host('a3'))).includes('a2'), 'the standby', {
    withinMs: SLOW_MS,
  });
  await saved(host('a2'), '/shared/slurmctld');
  await host('a1').poweroff();
  await until(
    async () => (await planOn(host('a3'), handoffTo('a2'))).procedure === 'takeover',
    'the loss to be seen',
    { withinMs: SLOW_MS },
  );
  // as long as the folder shows a sign of it, nobody takes over
  const plan = await until(
    async () => {
      const made = await planOn(host('a3'), handoffTo('a2'));
      return made.checks.some(({ state }) => state === 'failed') ? null : made;
    },
    'the folder to stand still',
    { withinMs: SLOW_MS },
  );
  const { id: operation } = await startOn(host('a3'), plan);
  const answer = await ended([host('a3'), host('a2')], operation);
  expect(answer.operation).toMatchObject({ state: 'done', reason: '' });
  expect(await jobState(host('a3'), id)).toBe('RUNNING');
  await host('a1').poweron();
  await ready(all('a'));
  await leads('a2');
  expect(await runs(host('a1'), 'slurmctld')).toBe(false);
  await host('a3').must(['scancel', id]);
  await until(async () => (await up(host('a3'))).includes('a1'), 'the standby to return', {
    withinMs: SLOW_MS,
  });
  await leads('a2');
}, 180_000);
