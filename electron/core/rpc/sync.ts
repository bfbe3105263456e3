import type { Syncing } from '../sync/compose';
import { os } from './base';

export function createSyncRouter({ sync }: Pick<Syncing, 'sync'>) {
  const never = new AbortController().signal;
  return {
    preview: os.sync.preview.handler(({ input, signal }) =>
      sync.preview(input.remoteUuid, signal ?? never),
    ),
    run: os.sync.run.handler(({ input, signal }) => sync.run(input, signal ?? never)),
    outbox: os.sync.outbox.handler(() => sync.outbox()),
    drop: os.sync.drop.handler(({ input }) => sync.drop(input.id)),
  };
}
