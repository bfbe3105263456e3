import type { ClusterLive, ClusterosLive, JobRow, MemberRow } from '#shared/contract/inventory';
import { isHeld, jobPhase } from '#shared/domain/query-jobs';
import type { Tone } from '../../ui/tone';

const ROLES: Readonly<Record<string, string>> = {
  'slurm-controller': 'SLURM controller',
  'slurm-worker': 'SLURM worker',
  'k3s-server': 'k3s server',
  'k3s-agent': 'k3s agent',
  raft: 'shared state',
};

/** A role as people say it; one that is not known here keeps its own name. */
export const roleWord = (role: string): string => ROLES[role] ?? role;

/** The same where there is little place and the heading says that it is a role. */
export const briefRole = (role: string): string => roleWord(role).replace('SLURM ', '');

/** The name of an agent's component, as `SLURM controller`. */
export const componentWord = (name: string): string => ROLES[name.replaceAll(' ', '-')] ?? name;

/** Whether a component takes part in the cluster at all. */
const isUsed = ({ components }: ClusterosLive, name: string): boolean =>
  components.some((one) => one.name === name && one.status !== 'stopped');

/** The leaders that matter here: of a role that nobody has, none is missed. */
export function shownLeaders(live: ClusterosLive): ClusterosLive['leaders'] {
  return live.leaders.filter(
    ({ role, node }) => node !== null || isUsed(live, role.replace('-', ' ')) || role === 'raft',
  );
}

/** `leader forge-1`, of SLURM before k3s before the shared state; null where none is known. */
export function leaderWord({ clusteros }: ClusterLive): { text: string; bad: boolean } | null {
  if (clusteros === null) return null;
  const [first] = shownLeaders(clusteros);
  if (first === undefined) return null;
  return first.node === null
    ? { text: `no ${roleWord(first.role)}`, bad: true }
    : { text: `leader ${first.node}`, bad: false };
}

/** What keeps the shared state from being written; null while it can be. */
export function stateWord({ clusteros }: ClusterLive): string | null {
  if (clusteros === null || clusteros.state === 'ok') return null;
  return clusteros.state === 'read-only' ? 'no quorum, read only' : 'shared state unreachable';
}

interface Words {
  tone: Tone;
  word: string;
}

const MEMBER: Record<MemberRow['status'], Words> = {
  alive: { tone: 'ok', word: 'online' },
  leaving: { tone: 'warning', word: 'leaving' },
  left: { tone: 'idle', word: 'left' },
  failed: { tone: 'bad', word: 'does not answer' },
  unknown: { tone: 'idle', word: 'unknown' },
};

/** A member's state; what was seen of it is no news once the cluster itself is silent. */
export function memberState(
  member: Pick<MemberRow, 'status' | 'authenticated'>,
  stale: boolean,
): Words {
  if (!member.authenticated) return { tone: 'bad', word: 'not authenticated' };
  if (stale && member.status === 'alive') return { tone: 'idle', word: 'was online' };
  return MEMBER[member.status];
}

/** Whether a worker takes jobs: `takes jobs`, `draining`, `drained`; null where it is no worker. */
export function drainState({ drain }: Pick<MemberRow, 'drain'>): Words | null {
  if (drain === null) return null;
  return drain === 'none' ? { tone: 'ok', word: 'takes jobs' } : { tone: 'warning', word: drain };
}

const ENDED: Readonly<Record<string, Tone>> = {
  COMPLETED: 'ok',
  CANCELLED: 'idle',
  PREEMPTED: 'idle',
};

/** SLURM's word for a job's state in small letters, with what colour it has. */
export function jobState(job: Pick<JobRow, 'state' | 'reason'>): Words {
  const word = job.state.toLowerCase().replaceAll('_', ' ');
  switch (jobPhase(job.state)) {
    case 'running':
      return { tone: 'ok', word };
    case 'waiting':
      return isHeld(job) ? { tone: 'idle', word: 'held' } : { tone: 'warning', word };
    case 'stopped':
      return { tone: 'idle', word };
    case 'ended':
      return { tone: ENDED[job.state] ?? 'bad', word };
  }
}

const PHASES: Readonly<Record<string, Tone>> = {
  Running: 'ok',
  Succeeded: 'ok',
  Pending: 'warning',
  Failed: 'bad',
};

/** A pod's phase; one that runs without being ready is not simply fine. */
export function podState(pod: { phase: string; ready: boolean }): Words {
  if (pod.phase === 'Running' && !pod.ready) return { tone: 'warning', word: 'not ready' };
  return { tone: PHASES[pod.phase] ?? 'idle', word: pod.phase.toLowerCase() };
}

/** How a service or a component fares. */
export const SERVICE_STATES: Record<ClusterosLive['components'][number]['status'], Words> = {
  running: { tone: 'ok', word: 'running' },
  stopped: { tone: 'idle', word: 'stopped' },
  error: { tone: 'bad', word: 'error' },
  unknown: { tone: 'idle', word: 'unknown' },
};
