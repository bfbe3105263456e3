import type { AccessStatus } from '#shared/contract/access';
import { fail } from '#shared/contract/errors';
import type { AccessService } from '../access/service';

export const appLocked = () =>
  fail('APP_LOCKED', {
    remedy: 'Unlock it in its window, or with “clusterdeck access unlock”.',
  });

/** A stream that was begun before the lock ends with it. @throws Failure APP_LOCKED */
export async function* untilLocked(
  stream: AsyncIterable<unknown>,
  access: Pick<AccessService, 'status' | 'events'>,
): AsyncGenerator<unknown> {
  let isLocked = false;
  let stop: (reason: unknown) => void = () => undefined;
  const hear = (status: Pick<AccessStatus, 'locked'>) => {
    if (!status.locked) return;
    isLocked = true;
    stop(appLocked());
  };
  const unsubscribe = access.events.subscribe(hear);
  const items = stream[Symbol.asyncIterator]();
  // a promise of its own for each item: one that is raced for the whole stream would keep every item
  const next = () =>
    new Promise<IteratorResult<unknown>>((resolve, reject) => {
      stop = reject;
      if (isLocked) reject(appLocked());
      else items.next().then(resolve, reject);
    });
  try {
    // it may have been locked since the call was admitted
    hear(access.status());
    for (;;) {
      const item = await next();
      if (item.done === true) return item.value;
      yield item.value;
    }
  } finally {
    unsubscribe();
    // it may be waiting for something itself, and ends when that comes
    items.return?.().catch(() => undefined);
  }
}
