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

/** @param trouble why this node's own copy does not run; null where it does, or there is none */
export function problemsOf(status: StateStatus, trouble: Failure | null): AgentProblem[] {
  return [ownCopy(trouble), reach(status.health), room(status.alarms)].filter(
    (problem) => problem !== null,
  );
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

function reach(health: StateHealth): AgentProblem | null {
  if (health === 'ok') return null;
  const remedy = 'Bring back the nodes that keep it, or their network; jobs go on meanwhile.';
  if (health === 'read-only') {
    return {
      severity: 'bad',
      code: 'state-read-only',
      title: 'The shared state has no quorum',
      detail: 'Too few of the nodes that keep it answer each other; what is shown may be old.',
      remedy,
    };
  }
  return {
    severity: 'bad',
    code: 'state-unreachable',
    title: 'The shared state cannot be reached',
    detail: 'None of the nodes that keep it answers.',
    remedy,
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
