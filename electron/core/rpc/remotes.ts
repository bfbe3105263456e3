import type { Syncing } from '../sync/compose';
import { os } from './base';

export function createRemotesRouter({ remotes, test }: Pick<Syncing, 'remotes' | 'test'>) {
  const never = new AbortController().signal;
  return {
    list: os.remotes.list.handler(() => remotes.list()),
    create: os.remotes.create.handler(({ input }) => remotes.create(input)),
    update: os.remotes.update.handler(({ input }) => remotes.update(input)),
    remove: os.remotes.remove.handler(({ input }) => remotes.remove(input.uuid)),
    test: os.remotes.test.handler(({ input, signal }) => test.run(input, signal ?? never)),
  };
}
