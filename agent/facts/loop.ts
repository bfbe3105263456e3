import { fail } from '#shared/contract/errors';
import type { Clock } from '../ports';

/** Does the work again and again until aborted; what it throws is its own to tell. */
export async function repeat(
  clock: Clock,
  everyMs: number,
  signal: AbortSignal,
  work: () => Promise<void>,
): Promise<void> {
  while (!signal.aborted) {
    await work();
    await clock.sleep(everyMs, signal).catch(() => undefined);
  }
}

/** @throws Failure TIMEOUT when `work` takes longer; it goes on unheeded then */
export async function within<T>(
  clock: Clock,
  ms: number,
  what: string,
  work: Promise<T>,
): Promise<T> {
  const done = new AbortController();
  const late = clock.sleep(ms, done.signal).then(
    () => {
      throw fail('TIMEOUT', { remedy: 'Look at the load of this machine.' }, `${what} took long.`);
    },
    () => undefined,
  );
  try {
    const result = await Promise.race([work, late.then(() => work)]);
    return result;
  } finally {
    done.abort();
  }
}
