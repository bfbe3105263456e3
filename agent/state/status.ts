import type { AgentProblem } from '#shared/contract/agent/dashboard';
import type { Failure } from '#shared/contract/errors';
import type { StateHealth } from './types';

/** What this node knows of the state, for people. */
export interface StateStatus {
  health: StateHealth;
  /** node ids */
  voters: string[];
  learners: string[];
  leader: string | null;
  dbBytes: number | null;
  /** etcd's alarms, as `alarm:NOSPACE`; it takes no changes then */
  alarms: string[];
}

/**
 * What is wrong with this node's part of it; a lost quorum is told from `health`.
 * @param trouble why this node's own copy does not run; null where it does, or there is none
 */
export function problemsOf(status: StateStatus, trouble: Failure | null): AgentProblem[] {
  return [ownCopy(trouble), room(status.alarms)].filter((problem) => problem !== null);
}

function ownCopy(trouble: Failure | null): AgentProblem | null {
  if (trouble === null) return null;
  return {
    severity: 'bad',
    code: 'state-member',
    title: 'The copy of the state on this node does not run',
    detail: trouble.message,
    remedy: trouble.data.remedy,
  };
}

function room(alarms: readonly string[]): AgentProblem | null {
  if (!alarms.some((alarm) => alarm.includes('NOSPACE'))) return null;
  return {
    severity: 'bad',
    code: 'state-full',
    title: 'The shared state is full',
    detail: 'etcd takes no changes until it has room again.',
    remedy: 'Run "etcdctl defrag" and then "etcdctl alarm disarm" on a node that keeps it.',
  };
}
