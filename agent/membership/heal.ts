import type { Clock } from '../ports';
import type { HostAndPort } from './addresses';

export interface HealerOptions {
  /** members that gossip does not hear, with how long they were not seen */
  missing(): readonly (HostAndPort & { unseenMs: number })[];
  join(host: string, port: number): Promise<boolean>;
  clock: Clock;
}

const ROUND_MS = 2_000;
/** Whoever was away for that long is asked for less often. */
const LONG_MS = 10 * 60_000;
const LONG_EVERY = 15;
const AT_ONCE = 8;

/**
 * Joins members that are not heard as soon as they answer: after a cut link serf alone would take
 * a quarter of a minute and more.
 */
export async function heal(options: HealerOptions, signal: AbortSignal): Promise<void> {
  for (let round = 0; !signal.aborted; round += 1) {
    const due = options
      .missing()
      .filter(({ unseenMs }) => unseenMs < LONG_MS || round % LONG_EVERY === 0);
    // another few each round, so that many dead ones never keep a living one waiting for ever
    const first = due.length > AT_ONCE ? (round * AT_ONCE) % due.length : 0;
    const batch = [...due.slice(first), ...due.slice(0, first)].slice(0, AT_ONCE);
    await Promise.all(batch.map(({ host, port }) => options.join(host, port).catch(() => false)));
    await options.clock.sleep(ROUND_MS, signal).catch(() => undefined);
  }
}
