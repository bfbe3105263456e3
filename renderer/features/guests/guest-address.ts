import { clusterHref } from '../clusters/use-cluster-actions';
import { guestKey } from './order';

/** The address at which a guest is open, over the guests of its cluster. */
export function guestHref(clusterId: string, uuid: string, guestId: string): string {
  const key = encodeURIComponent(guestKey(uuid, guestId));
  return `${clusterHref(clusterId, 'guests')}?guest=${key}`;
}
