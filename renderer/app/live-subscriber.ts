import type { LiveEvent } from '#shared/contract/live';
import { applyEvent, type LiveStore } from './live-store';

/** What the subscriber needs of the typed client. */
export interface LiveSource {
  watch(input: undefined, options: { signal: AbortSignal }): Promise<AsyncIterable<LiveEvent>>;
}

/** Runs `work` soon, together with whatever else changes the screen. */
export type Schedule = (work: () => void) => void;

/**
 * The one subscriber of the core's pushes. Events that arrive together are applied as one change,
 * so that a poll of many clusters draws once.
 */
export async function followLive(
  source: LiveSource,
  store: LiveStore,
  signal: AbortSignal,
  schedule: Schedule,
): Promise<void> {
  let waiting: LiveEvent[] = [];
  const apply = () => {
    const events = waiting;
    waiting = [];
    // what was hidden meanwhile must not come back
    if (signal.aborted) return;
    store.setState((state) => events.reduce(applyEvent, state));
  };
  try {
    for await (const event of await source.watch(undefined, { signal })) {
      waiting.push(event);
      if (waiting.length === 1) schedule(apply);
    }
  } finally {
    store.setState({ subscription: null });
  }
}
