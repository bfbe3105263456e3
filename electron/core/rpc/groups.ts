import type { GroupService } from '../clusters/groups';
import type { ClusterService } from '../clusters/service';
import { os } from './base';

export function createGroupsRouter(groups: GroupService, clusters: ClusterService) {
  return {
    list: os.groups.list.handler(() => groups.list()),
    create: os.groups.create.handler(({ input }) => groups.create(input.name, input.colour)),
    update: os.groups.update.handler(({ input: { uuid, ...changes } }) =>
      groups.update(uuid, changes),
    ),
    remove: os.groups.remove.handler(({ input }) =>
      groups.remove(input.uuid, (tx) => clusters.leaveGroup(tx, input.uuid)),
    ),
  };
}
