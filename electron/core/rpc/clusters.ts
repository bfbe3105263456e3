import type { ClusterService } from '../clusters/service';
import { os } from './base';

export function createClustersRouter(clusters: ClusterService) {
  return {
    list: os.clusters.list.handler(() => clusters.list()),
    get: os.clusters.get.handler(({ input }) => clusters.find(input.ref)),
    create: os.clusters.create.handler(({ input }) => clusters.create(input)),
    update: os.clusters.update.handler(({ input }) => clusters.update(input)),
    duplicate: os.clusters.duplicate.handler(({ input }) =>
      clusters.duplicate(input.uuid, input.clusterId, input.name),
    ),
    remove: os.clusters.remove.handler(({ input }) => clusters.remove(input.uuid, input.confirm)),
  };
}
