import type { Cluster } from '#shared/contract/clusters';
import type { ClusterosLive, JobRow, MemberRow } from '#shared/contract/inventory';
import type { SlurmAction } from '#shared/contract/operations';
import { isHeld, jobPhase } from '#shared/domain/query-jobs';

/** What an action is done to: a node with its `member`, or a `job`. */
export interface SlurmTarget {
  /** `node/a1` or `job/1042` */
  id: string;
  label: string;
  /** why the action does not apply to it; null where it does */
  against: string | null;
}

interface ActionWords {
  label: string;
  noun: 'node' | 'job';
  /** the sentence of the confirmation, of one and of many */
  effect: readonly [one: string, many: string];
  /** whether work is lost, or nothing new begins */
  lossy: boolean;
  danger: boolean;
}

export const SLURM_WORDS: Record<SlurmAction, ActionWords> = {
  drain: {
    label: 'Drain',
    noun: 'node',
    effect: [
      'It takes no new jobs. Those that run on it go on to their end.',
      'They take no new jobs. Those that run on them go on to their end.',
    ],
    lossy: true,
    danger: false,
  },
  resume: {
    label: 'Resume',
    noun: 'node',
    effect: ['It takes jobs again.', 'They take jobs again.'],
    lossy: false,
    danger: false,
  },
  hold: {
    label: 'Hold',
    noun: 'job',
    effect: [
      'It keeps waiting until somebody releases it.',
      'They keep waiting until somebody releases them.',
    ],
    lossy: false,
    danger: false,
  },
  release: {
    label: 'Release',
    noun: 'job',
    effect: ['It starts as soon as there is place.', 'They start as soon as there is place.'],
    lossy: false,
    danger: false,
  },
  cancel: {
    label: 'Cancel',
    noun: 'job',
    effect: [
      'It is ended at once: what it has not written is lost.',
      'They are ended at once: what they have not written is lost.',
    ],
    lossy: true,
    danger: true,
  },
};

export const NODE_ACTIONS = ['drain', 'resume'] as const satisfies SlurmAction[];
export const JOB_ACTIONS = ['hold', 'release', 'cancel'] as const satisfies SlurmAction[];
export type NodeActionName = (typeof NODE_ACTIONS)[number];
export type JobActionName = (typeof JOB_ACTIONS)[number];

/** Why a node cannot be drained or resumed; null: it can. */
function againstNode(action: NodeActionName, { drain, slurmState }: MemberRow): string | null {
  if (drain === null) return 'no SLURM worker';
  if (action === 'drain') return drain === 'none' ? null : `${drain} already`;
  // one that SLURM took down by itself is brought back in the same way
  const isDown = slurmState?.toLowerCase().startsWith('down') ?? false;
  return drain === 'none' && !isDown ? 'takes jobs already' : null;
}

/** Why a job cannot be held, released or cancelled; null: it can. */
function againstJob(action: JobActionName, job: JobRow): string | null {
  const phase = jobPhase(job.state);
  if (phase === 'ended') return 'over already';
  if (action === 'cancel') return job.state === 'COMPLETING' ? 'over already' : null;
  if (phase !== 'waiting') return 'running already';
  if (action === 'hold') return isHeld(job) ? 'held already' : null;
  return isHeld(job) ? null : 'not held';
}

export function nodeTarget(action: NodeActionName, member: MemberRow): SlurmTarget {
  return { id: `node/${member.node}`, label: member.node, against: againstNode(action, member) };
}

export function jobTarget(action: JobActionName, job: JobRow): SlurmTarget {
  const label = job.name === '' ? job.job : `${job.job} ${job.name}`;
  return { id: job.id, label, against: againstJob(action, job) };
}

/** As many as one operation takes. */
const MOST_AT_ONCE = 500;

export interface SlurmPlan {
  targets: SlurmTarget[];
  /** how many of the selected are left alone, by reason */
  leftAlone: { reason: string; count: number }[];
  /** the cluster's id, where it has to be typed; else null */
  typeToConfirm: string | null;
  /** why it cannot be done at all; null when it can */
  refusal: string | null;
}

/** Says beforehand what an action on the selected nodes or jobs of one cluster would do. */
export function planSlurm(
  action: SlurmAction,
  selected: readonly SlurmTarget[],
  cluster: Pick<Cluster, 'clusterId' | 'protected'>,
): SlurmPlan {
  const { lossy, noun } = SLURM_WORDS[action];
  const targets = selected.filter(({ against }) => against === null);
  const reasons = new Map<string, number>();
  for (const { against } of selected) {
    if (against !== null) reasons.set(against, (reasons.get(against) ?? 0) + 1);
  }
  return {
    targets,
    leftAlone: [...reasons].map(([reason, count]) => ({ reason, count })),
    typeToConfirm: lossy && cluster.protected ? cluster.clusterId : null,
    refusal:
      targets.length === 0
        ? `None of the selected ${noun}s can take this action.`
        : targets.length > MOST_AT_ONCE
          ? `${targets.length} ${noun}s are too many for one operation. Select at most ${MOST_AT_ONCE}.`
          : null,
  };
}

/** Why the stored token may not act, in a sentence; null: it may, or nobody knows. */
export function lackOfRole(live: ClusterosLive | null | undefined): string | null {
  return live?.rights === 'viewer'
    ? 'The stored token may only look. Store one with the role operator.'
    : null;
}

/** `1 node`, `12 jobs`. */
export function countOf(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}
