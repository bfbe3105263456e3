import { EtcdHandoff } from '../handoff/etcd/etcd-handoff';
import type { Seats } from '../handoff/etcd/routes';
import { K3sHandoff } from '../handoff/k3s/k3s-handoff';
import type { OperationParts } from '../types';
import type { LeaveDeps } from './facts';
import { Leave, type LeaveKindDeps } from './leave';

export interface LeavePartsDeps extends Omit<LeaveKindDeps, 'hasSeats'> {
  seats: Seats | null;
  controller: LeaveDeps['controller'];
}

/** How nodes leave, and how k3s and the shared state change hands; what they act with comes apart. */
export function leaveParts(deps: LeavePartsDeps): Omit<OperationParts, 'hands'> {
  return {
    handoffs: [new K3sHandoff(deps), new EtcdHandoff(deps)],
    kinds: [new Leave({ ...deps, hasSeats: deps.seats !== null })],
  };
}
