import type { RoleState } from '#shared/contract/agent/dashboard';
import type { DaemonState } from '../../ports';
import type { SlurmFacts, SlurmNode } from './types';

/** What this node is among the controllers. `cold`: it could take over, but not by itself. */
export type Standing = 'primary' | 'backup' | 'cold';

const BAD_STATES = ['down', 'unknown', 'error', 'fail'];

/** @param trouble '' where nothing is wrong */
export function controllerState(seen: {
  daemon: DaemonState | null;
  standing: Standing | null;
  /** some controller was seen in control while this one ran */
  isUp: boolean;
  isLeader: boolean;
  trouble: string;
}): RoleState {
  const { daemon, standing, isUp, isLeader, trouble } = seen;
  const running = daemon?.state === 'running';
  return {
    name: 'slurm-controller',
    running,
    healthy: trouble === '' && (standing === 'cold' || (running && isUp)),
    is_leader: isLeader,
    error: trouble === '' && daemon?.state === 'failed' ? daemon.message : trouble,
  };
}

/** @param seen.node how SLURM sees this node; null where it does not know it */
export function workerState(seen: {
  daemon: DaemonState | null;
  node: SlurmNode | null;
  trouble: string;
}): RoleState {
  const { daemon, node, trouble } = seen;
  const running = daemon?.state === 'running';
  const isBad = node !== null && BAD_STATES.includes(node.state);
  const told = isBad ? `SLURM says ${node.state}: ${node.reason || 'no reason'}.` : '';
  const failed = daemon?.state === 'failed' ? daemon.message : '';
  return {
    name: 'slurm-worker',
    running,
    healthy: trouble === '' && running && node !== null && !isBad,
    is_leader: false,
    error: trouble || failed || told,
  };
}

/** The same as one of the cluster's services. */
export function workerService({ running, healthy, error }: RoleState): SlurmFacts['worker'] {
  if (error !== '') return { status: 'error', message: error };
  if (!running) return { status: 'stopped', message: 'slurmd does not run.' };
  if (healthy) return { status: 'running', message: '' };
  return { status: 'unknown', message: 'The controller has not told of it yet.' };
}
