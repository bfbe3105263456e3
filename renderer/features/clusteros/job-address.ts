import { rowKey } from '../../grid/row-key';
import { clusterHref } from '../clusters/use-cluster-actions';

/** The address at which a job is open, over the jobs of its cluster. */
export function jobHref(clusterId: string, uuid: string, id: string): string {
  return `${clusterHref(clusterId, 'jobs')}?job=${encodeURIComponent(rowKey(uuid, id))}`;
}
