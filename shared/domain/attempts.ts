const FREE_ATTEMPTS = 5;
const LONGEST_WAIT_MS = 5 * 60_000;
/** An address that was quiet this long starts afresh. */
const MEMORY_MS = 30 * 60_000;
const MAX_ADDRESSES = 10_000;

interface Watch {
  /** ms since 1970 */
  now(): number;
}

interface Tally {
  wrong: number;
  at: number;
}

/** Slows guessing down for each address: after five wrong tries each further one doubles the wait. */
export class Attempts {
  readonly #clock: Watch;
  readonly #tallies = new Map<string, Tally>();

  constructor(clock: Watch) {
    this.#clock = clock;
  }

  /** Seconds until the address may try again; 0: now. */
  waitS(address: string): number {
    const tally = this.#tallies.get(networkOf(address));
    if (tally === undefined || tally.wrong < FREE_ATTEMPTS) return 0;
    const waitMs = Math.min(LONGEST_WAIT_MS, 1000 * 2 ** (tally.wrong - FREE_ATTEMPTS));
    return Math.max(0, Math.ceil((tally.at + waitMs - this.#clock.now()) / 1000));
  }

  wrong(address: string): void {
    const network = networkOf(address);
    const now = this.#clock.now();
    const before = this.#tallies.get(network);
    const isFresh = before === undefined || now - before.at > MEMORY_MS;
    // put at the end: what falls out first was quiet longest
    this.#tallies.delete(network);
    this.#tallies.set(network, { wrong: isFresh ? 1 : before.wrong + 1, at: now });
    const [oldest] = this.#tallies.keys();
    if (this.#tallies.size > MAX_ADDRESSES && oldest !== undefined) this.#tallies.delete(oldest);
  }

  right(address: string): void {
    this.#tallies.delete(networkOf(address));
  }
}

/** A host commands a whole /64 of IPv6, so its addresses count as one. */
function networkOf(address: string): string {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1];
  if (mapped !== undefined) return mapped;
  if (!address.includes(':')) return address;
  const [head = '', tail = ''] = (address.split('%', 1)[0] ?? '').split('::');
  const first = head === '' ? [] : head.split(':');
  const last = tail === '' ? [] : tail.split(':');
  const zeros = Math.max(0, 8 - first.length - last.length);
  return [...first, ...Array<string>(zeros).fill('0'), ...last].slice(0, 4).join(':');
}
