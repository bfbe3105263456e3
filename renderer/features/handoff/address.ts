import type { HandoffRole } from '#shared/contract/agent/operations';
import { clusterHref } from '../clusters/use-cluster-actions';

/** Where an operation of a cluster is watched. */
export const operationHref = (clusterId: string, id: string): string =>
  `/operations/${clusterId}/${id}`;

/**
 * Where a role is handed over; what is known already need not be chosen. The question mark stands
 * there in any case: without one the former page's choices would stay in the address.
 */
export const handoffHref = (
  clusterId: string,
  chosen: { role?: HandoffRole; to?: string } = {},
): string => `${clusterHref(clusterId, 'handoff')}?${new URLSearchParams(chosen)}`;

/** How a node goes: for good, or only until it has started again. */
export type LeaveWay = 'good' | 'reboot';

/** Where a node is taken out of its cluster. */
export const leaveHref = (clusterId: string, node: string, way: LeaveWay): string =>
  `${clusterHref(clusterId, 'leave')}/${encodeURIComponent(node)}?way=${way}`;
