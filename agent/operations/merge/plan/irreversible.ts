import type { MergeParams } from '../types';
import { jobsOf } from './blast';
import type { Survey } from './survey';

/** What no rollback brings back, in sentences. */
export function irreversibleOf(
  { gaining, losing }: Survey,
  leftJobs: MergeParams['leftJobs'],
): string[] {
  const [to, from] = [gaining.cluster.name, losing.cluster.name];
  if (losing.slurm === null) return [];
  const { carried, left } = jobsOf(losing);
  const isCancelled = leftJobs === 'cancel' && left.length > 0;
  return [
    `What runs in ${to} after the merge has run there: a rollback gives back only jobs that have not begun.`,
    ...(carried.length > 0 ? ['Jobs that are carried over, and back, get new numbers.'] : []),
    ...(isCancelled
      ? [
          left.length === 1
            ? `The job ${left[0]?.id} cannot be carried over and is cancelled.`
            : `${left.length} jobs that cannot be carried over are cancelled.`,
        ]
      : []),
    `The list of jobs that ended in ${from} stays on the node that had its controller.`,
  ];
}
