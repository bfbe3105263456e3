import type { z } from 'zod';
import {
  jobsAnswer,
  leadersAnswer,
  nodesAnswer,
  statusAnswer,
} from '#shared/contract/agent/dashboard';
import type { LabHost } from '#tests/lab/host';
import { until } from '#tests/lab/process';
import { notReady } from '#tests/lab/ready';

/** What a host's agent answers to its own curl, checked against the contract. */
export async function ask<T extends z.ZodType>(
  host: LabHost,
  path: string,
  shape: T,
): Promise<z.output<T>> {
  const { status, body } = await host.api(path);
  if (status !== 200) throw new Error(`${path} answered ${status}: ${JSON.stringify(body)}`);
  return shape.parse(body);
}

export const statusOf = (host: LabHost) => ask(host, '/api/v1/status', statusAnswer);
export const nodesOf = (host: LabHost) => ask(host, '/api/v1/nodes', nodesAnswer);
export const leadersOf = (host: LabHost) => ask(host, '/api/v1/leaders', leadersAnswer);
export const jobsOf = (host: LabHost) => ask(host, '/api/v1/jobs', jobsAnswer);

/** `{a1: 'alive', ...}` as a host's agent sees it. */
export async function memberStatuses(host: LabHost): Promise<Record<string, string>> {
  const { nodes } = await nodesOf(host);
  return Object.fromEntries(nodes.map(({ name, status }) => [name, status]));
}

/** SLURM's word for the state of each worker, by name; none where it has no word. */
export async function workerStates(host: LabHost): Promise<Record<string, string>> {
  const { nodes } = await nodesOf(host);
  return Object.fromEntries(
    nodes.flatMap(({ name, slurm }) => (slurm === null ? [] : [[name, slurm.state]])),
  );
}

/** Which of SLURM's jobs a host's agent knows in which state; undefined: not (any more). */
export async function jobState(host: LabHost, id: string): Promise<string | undefined> {
  return (await jobsOf(host)).jobs.slurm.jobs.find((job) => job.id === id)?.state;
}

export async function problemCodes(host: LabHost): Promise<string[]> {
  return (await statusOf(host)).problems.map(({ code }) => code);
}

/** Waits until each of these hosts sees all others of its cluster alive and ready for jobs. */
export async function ready(hosts: readonly LabHost[], withinMs = 80_000): Promise<void> {
  let lacking: string[] = [];
  const look = async () => {
    lacking = await notReady(hosts);
    return lacking.length === 0;
  };
  await until(look, 'the hosts to work', { withinMs, everyMs: 200 }).catch((error: unknown) => {
    throw new Error([String(error), ...lacking].join('\n'));
  });
}

/** Pids of daemons of a host by program, as `{slurmctld: '312', slurmd: '340'}`. */
export async function daemonPids(
  host: LabHost,
  programs: readonly string[],
): Promise<Record<string, string>> {
  const pairs = await Promise.all(
    programs.map(async (name) => [name, (await host.exec(['pidof', name])).stdout.trim()] as const),
  );
  return Object.fromEntries(pairs);
}
