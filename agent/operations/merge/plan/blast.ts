import type { BlastItem } from '#shared/contract/agent/operations';
import type { Draft } from '../../types';
import type { MergeJob } from '../hands';
import type { MergeParams } from '../types';
import type { ClusterLook } from './order';
import type { Survey } from './survey';

/** As many of a kind are named as a plan shows. */
const MAX_ITEMS = 200;

/** Jobs of the losing cluster, by what becomes of them. */
export interface JobsByFate {
  running: readonly MergeJob[];
  /** pending, and carried over */
  carried: readonly MergeJob[];
  /** pending, and not to be carried over */
  left: readonly MergeJob[];
}

export function jobsOf({ slurm }: Pick<ClusterLook, 'slurm'>): JobsByFate {
  const jobs = slurm?.jobs ?? [];
  const pending = jobs.filter(({ state }) => state === 'PENDING');
  return {
    running: jobs.filter(({ state }) => state !== 'PENDING'),
    carried: pending.filter(({ stays }) => stays === ''),
    left: pending.filter(({ stays }) => stays !== ''),
  };
}

/** Whom a merge touches: what runs goes on where it is, what waits is carried over. */
export function blastOf(
  { gaining, losing }: Survey,
  leftJobs: MergeParams['leftJobs'],
): Draft['blast'] {
  const { running, carried, left } = jobsOf(losing);
  const untouched = jobsOf(gaining).running;
  const { name } = gaining.cluster;
  const fate =
    leftJobs === 'cancel' ? 'It is cancelled.' : 'It is waited for where it is, or cancel it.';
  return {
    goesOn: {
      count: running.length + untouched.length,
      items: [
        ...items(running, (job) => `It ends in ${losing.cluster.name}${waitingFor(job)}.`),
        ...items(untouched, () => `Nothing changes for it.`),
      ].slice(0, MAX_ITEMS),
    },
    waits: {
      count: carried.length,
      items: items(carried, () => `It goes to ${name} and has another number there.`),
    },
    cannot: { count: left.length, items: items(left, ({ stays }) => `${stays} ${fate}`) },
  };
}

/** Its nodes wait with it. */
function waitingFor({ nodes }: MergeJob): string {
  if (nodes.length === 0) return '';
  return nodes.length === 1
    ? `, and ${nodes[0]} crosses after it`
    : ', and its nodes cross after it';
}

const items = (jobs: readonly MergeJob[], note: (job: MergeJob) => string): BlastItem[] =>
  jobs.slice(0, MAX_ITEMS).map((job) => {
    const { id, name, user, state, nodes } = job;
    return { id, name, user, state, nodes, note: note(job) };
  });
