import type { JobRow, MemberRow } from '#shared/contract/inventory';
import type { SlurmAction } from '#shared/contract/operations';

interface ActionFacts {
  /** as in a title: `Drain a1` */
  verb: string;
  /** what it is done to */
  on: 'node' | 'job';
  /** whether work can be lost, or nothing new begins */
  lossy: boolean;
  /** at once in one cluster: each makes the agent ask SLURM and look again */
  atOnce: number;
}

export const SLURM_ACTIONS: Record<SlurmAction, ActionFacts> = {
  drain: { verb: 'Drain', on: 'node', lossy: true, atOnce: 4 },
  resume: { verb: 'Resume', on: 'node', lossy: false, atOnce: 4 },
  hold: { verb: 'Hold', on: 'job', lossy: false, atOnce: 4 },
  release: { verb: 'Release', on: 'job', lossy: false, atOnce: 4 },
  cancel: { verb: 'Cancel', on: 'job', lossy: true, atOnce: 4 },
};

/** `Drain a1`, `Cancel 12 jobs`. */
export function slurmTitle(action: SlurmAction, labels: readonly string[]): string {
  const { verb, on } = SLURM_ACTIONS[action];
  const [only = ''] = labels;
  return labels.length === 1 ? `${verb} ${only}` : `${verb} ${labels.length} ${on}s`;
}

/** Where the agent takes the action; `id` as `node/a1` or `job/1042`. */
export function slurmPath(action: SlurmAction, id: string): string {
  const name = encodeURIComponent(id.slice(id.indexOf('/') + 1));
  return `/api/v1/slurm/${SLURM_ACTIONS[action].on}s/${name}/${action}`;
}

/** What SLURM says of a job that somebody holds. */
const HELD = /^JobHeld/i;
const OVER = /^(CANCELLED|COMPLETING|COMPLETED|FAILED|TIMEOUT|NODE_FAIL|OUT_OF_MEMORY)/;

/**
 * Whether what was seen afterwards is what the action leads to, in a word for people; null where it
 * is not.
 */
export function slurmEnd(
  action: SlurmAction,
  seen: { member?: MemberRow | undefined; job?: JobRow | undefined },
): string | null {
  const { member, job } = seen;
  switch (action) {
    case 'drain':
      return member?.drain === 'drained' || member?.drain === 'draining' ? member.drain : null;
    case 'resume':
      return member?.drain === 'none' ? (member.slurmState ?? 'resumed') : null;
    case 'hold':
      return job?.state === 'PENDING' && HELD.test(job.reason) ? 'held' : null;
    case 'release':
      return job !== undefined && !HELD.test(job.reason) ? job.state : null;
    case 'cancel':
      if (job === undefined) return 'no longer there';
      return OVER.test(job.state) ? job.state : null;
  }
}
