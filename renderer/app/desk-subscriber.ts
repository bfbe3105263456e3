import type { AccessStatus } from '#shared/contract/access';
import { problemOf } from '../transport/failure';
import { forgetDesk, type LiveStore } from './live-store';
import { followLive, type LiveSource, type Schedule } from './live-subscriber';

/** What this subscriber needs of the typed client. */
export interface DeskSource {
  access: {
    watch(input: undefined, options: { signal: AbortSignal }): Promise<AsyncIterable<AccessStatus>>;
  };
  live: LiveSource;
}

/**
 * Follows who may see what, and the desk itself as long as it may be seen. With the lock everything
 * the page knows of it is forgotten. Ends with the connection.
 */
export async function followDesk(
  source: DeskSource,
  store: LiveStore,
  signal: AbortSignal,
  schedule: Schedule,
): Promise<void> {
  const lost = Promise.withResolvers<void>();
  let seen: AbortController | null = null;
  const hide = () => {
    seen?.abort();
    seen = null;
  };
  const show = () => {
    const open = new AbortController();
    seen = open;
    const until = AbortSignal.any([signal, open.signal]);
    followLive(source.live, store, until, schedule).then(lost.resolve, (error: unknown) => {
      // the lock ends the stream a moment before it is told here
      if (!open.signal.aborted && problemOf(error).code !== 'APP_LOCKED') lost.reject(error);
    });
  };
  const follow = async () => {
    for await (const access of await source.access.watch(undefined, { signal })) {
      if (access.locked) hide();
      store.setState((state) => ({ ...(access.locked ? forgetDesk(state) : state), access }));
      if (!access.locked && seen === null) show();
    }
  };
  try {
    await Promise.race([follow(), lost.promise]);
  } finally {
    hide();
  }
}
