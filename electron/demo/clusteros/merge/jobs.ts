import type { JobParcel } from '#agent/operations/merge/carry-hands';
import type { MergeJob } from '#agent/operations/merge/hands';
import { type SimJob, shown, uidOf } from '../slurm/jobs';
import type { SlurmWorld } from '../slurm/world';

/** As the plan of a merge and those who watch it see a job. @param now ms since 1970 */
export function mergeJob(world: SlurmWorld, job: SimJob, now: number): MergeJob {
  const { id, name, user, state, partition, nodes } = shown(job, now);
  const uid = uidOf(user);
  const own = { id, name, user, uid, gid: uid, account: '', partition, state, nodes };
  return { ...own, stays: staysOf(world, job) };
}

function staysOf(world: SlurmWorld, { startedAt, after }: SimJob): string {
  if (startedAt !== null) return 'It has begun, and ends where it is.';
  const other = world.jobs().find(({ id, endedAt }) => id === after && endedAt === null);
  if (other === undefined) return '';
  return other.startedAt === null ? '' : `It waits for job ${other.id}, which runs still.`;
}

/** All that is needed to submit it again. @param cluster uuid of the one it waits in */
export function packed(
  job: SimJob,
  { cluster, wasHeld, waits }: { cluster: string; wasHeld: boolean; waits: boolean },
): JobParcel {
  const uid = uidOf(job.user);
  return {
    key: `${cluster}/${job.id}`,
    id: String(job.id),
    user: job.user,
    uid,
    gid: uid,
    script: `#!/bin/sh\nsleep ${Math.round(job.runsForMs / 1000)}\n`,
    environment: [`USER=${job.user}`],
    options: [`--job-name=${job.name}`, `--partition=${job.partition}`, `--ntasks=${job.cpus}`],
    args: [],
    workDir: `/home/${job.user}`,
    dependency: waits ? `afterok:${job.after}` : '',
    wasHeld,
  };
}

/** Submits it held. @returns its number */
export function unpacked(world: SlurmWorld, parcel: JobParcel, dependency: string): number {
  const option = (name: string) =>
    parcel.options.find((one) => one.startsWith(`--${name}=`))?.slice(name.length + 3) ?? '';
  const after = /:(\d+)/.exec(dependency)?.[1];
  return world.submit({
    name: option('job-name'),
    user: parcel.user,
    partition: option('partition'),
    cpus: Number(option('ntasks')),
    minutes: Number(/sleep (\d+)/.exec(parcel.script)?.[1] ?? 60) / 60,
    held: true,
    after: after === undefined ? null : Number(after),
    key: parcel.key,
  });
}
