import type { AccessService } from '../access/service';
import { os } from './base';

export function createAccessRouter(access: AccessService) {
  return {
    status: os.access.status.handler(() => access.status()),
    watch: os.access.watch.handler(({ signal }) => access.watch(signal)),
    setViewer: os.access.setViewer.handler(({ input }) =>
      access.setViewer(input.viewer, input.passphrase),
    ),
    setLock: os.access.setLock.handler(({ input }) => access.setLock(input)),
    lock: os.access.lock.handler(() => access.lock()),
    unlock: os.access.unlock.handler(({ input }) => access.unlock(input.passphrase)),
    activity: os.access.activity.handler(() => access.activity()),
  };
}
