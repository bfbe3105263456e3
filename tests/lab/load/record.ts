import { setTimeout as sleep } from 'node:timers/promises';
import type { LabHost } from '#tests/lab/host';
import { LoadedCluster, type Procedure } from '#tests/lab/load/cluster';
import { type Handed, handOver } from '#tests/lab/load/handoffs';
import { complaints, readAccounts } from '#tests/lab/load/ledger';
import { ACCOUNTS, Submitter } from '#tests/lab/load/submitter';

const LONG_JOB_S = 25;
const CLOCK = new Intl.DateTimeFormat('en-GB', {
  timeStyle: 'medium',
  timeZone: 'UTC',
});

/** Carries one handoff out on running jobs and says what happened, line by line. */
export async function record(
  procedure: Procedure,
  say: (line: string) => void,
): Promise<{ isClean: boolean }> {
  const cluster = await LoadedCluster.start(procedure);
  try {
    const { from, to, other } = await cluster.parts();
    say(`## Procedure ${procedure}: ${from.name} hands SLURM's controller to ${to.name}`);
    say('');
    const load = new Submitter(other);
    load.start();
    await load.served(10);
    const long = await load.submit(LONG_JOB_S, ['-w', other.name]);
    const srun = other.exec(['srun', '-w', other.name, '-n', '1', 'sh', '-c', SRUN], {
      deadlineMs: 120_000,
    });
    // both are running before anything is asked for
    while (!(await isRunning(other, long.id))) await sleep(200);
    say(`Job ${long.id} runs before it: ${await shown(other, long.id)}`);
    await accounting(other, 'before', say);
    const handed = await handOver(cluster, load);
    report(handed, say);
    await load.served(10);
    await load.stop();
    await load.settled(other);
    await accounting(other, 'after', say);
    say(`Job ${long.id} in accounting: ${await lineOf(other, long.id)}`);
    const { code, stdout } = await srun;
    say(`The srun that ran through it ended with ${code} and printed: ${stdout.trim()}`);
    const found = await load.audit(other);
    const wrong = complaints(found);
    const gap = `${(handed.gapMs / 1000).toFixed(2)} s`;
    say(`${found.submitted} submissions, longest wait ${gap}, ${found.refused.length} refused.`);
    say(wrong.length === 0 ? 'Each job ran exactly once.' : wrong.join('; '));
    say('');
    return { isClean: wrong.length === 0 && code === 0 };
  } finally {
    await cluster.lab.down();
  }
}

const SRUN = 'sleep 15; echo ended on $(hostname)';

async function isRunning(on: LabHost, id: string | null): Promise<boolean> {
  return (await shown(on, id)).includes('RUNNING');
}

async function shown(on: LabHost, id: string | null): Promise<string> {
  return (await on.must(['squeue', '-h', '-j', id ?? '', '-o', '%i %j %T %N %M'])).trim();
}

async function lineOf(on: LabHost, id: string | null): Promise<string> {
  const lines = readAccounts(await on.must(['cat', ACCOUNTS])).filter((one) => one.id === id);
  return lines.map(({ line }) => line.trim()).join('\n') || 'nothing yet';
}

async function accounting(on: LabHost, when: string, say: (line: string) => void): Promise<void> {
  const accounts = readAccounts(await on.must(['cat', ACCOUNTS]));
  say(`Accounting ${when} has ${accounts.length} jobs, the last three:`);
  for (const { line } of accounts.slice(-3)) say(`    ${line.trim()}`);
}

function report({ plan, answer, tookMs }: Handed, say: (line: string) => void): void {
  const { operation, log, pulse } = answer;
  say('');
  say(`${plan.title}, plan ${plan.hash.slice(0, 12)}, approved by ${operation.created_by}`);
  say(`Procedure ${plan.procedure}: ${plan.reason}`);
  for (const { title, state, detail } of plan.checks)
    say(`    ${state.padEnd(7)} ${title}: ${detail}`);
  say(`It ended ${operation.state} after ${(tookMs / 1000).toFixed(1)} s:`);
  for (const step of operation.steps) {
    const ms = (step.ended_at ?? 0) - (step.started_at ?? 0);
    say(
      `    ${`${ms} ms`.padStart(8)}  ${step.state.padEnd(6)} ${step.class.padEnd(10)} ${step.title}`,
    );
  }
  if (pulse !== null) {
    const known = `${pulse.jobs_found} of ${pulse.jobs_known} jobs found again`;
    say(`Pulse: longest ${Math.round(pulse.longest_ms)} ms, ${pulse.failed} failed; ${known}.`);
  }
  say('Log:');
  for (const { at, node, step, text } of log) {
    say(`    ${CLOCK.format(at)} ${node.padEnd(3)} ${step.padEnd(14)} ${text}`);
  }
  say('');
}
