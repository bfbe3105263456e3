import { clusterHref } from '../clusters/use-cluster-actions';

/**
 * Where two clusters are made one.
 * @param other cluster_id of the second one, where it is known already
 */
export const mergeHref = (clusterId: string, other = ''): string =>
  `${clusterHref(clusterId, 'merge')}?${new URLSearchParams(other === '' ? {} : { with: other })}`;
