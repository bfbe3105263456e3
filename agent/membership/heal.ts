import type { Clock } from '../ports';
import type { HostAndPort } from './addresses';

export interface HealerOptions {
  /** whether gossip answers; no round begins before */
  isReady(): boolean;
  /** members that gossip does not hear, with how long they were not seen */
  missing(): readonly (HostAndPort & { unseenMs: number })[];
  /** whether gossip hears nobody else */
  isAlone(): boolean;
  /** where else the cluster may be found, as when every address has changed */
  seeds(): Promise<readonly HostAndPort[]>;
  join(host: string, port: number): Promise<boolean>;
  clock: Clock;
}

const ROUND_MS = 2_000;
const READY_MS = 250;
/** Whoever was away for that long is asked for less often. */
const LONG_MS = 10 * 60_000;
const LONG_EVERY = 15;
const AT_ONCE = 8;

/**
 * Joins members that are not heard as soon as they answer: after a cut link serf alone would take
 * a quarter of a minute and more.
 */
export async function heal(options: HealerOptions, signal: AbortSignal): Promise<void> {
  for (let round = 0; ; round += 1) {
    while (!options.isReady() && !signal.aborted) {
      await options.clock.sleep(READY_MS, signal).catch(() => undefined);
    }
    if (signal.aborted) return;
    const isLongRound = round % LONG_EVERY === 0;
    const missing = options.missing().filter(({ unseenMs }) => unseenMs < LONG_MS || isLongRound);
    const seeds = isLongRound && options.isAlone() ? await options.seeds() : [];
    const due: HostAndPort[] = [...missing, ...seeds];
    // another few each round, so that many dead ones never keep a living one waiting for ever
    const first = due.length > AT_ONCE ? (round * AT_ONCE) % due.length : 0;
    const batch = [...due.slice(first), ...due.slice(0, first)].slice(0, AT_ONCE);
    await Promise.all(batch.map(({ host, port }) => options.join(host, port).catch(() => false)));
    await options.clock.sleep(ROUND_MS, signal).catch(() => undefined);
  }
}
