import type { Clock } from '../ports';
import { newNonce } from './challenge';

/** A nonce given out and not used yet. */
interface Begun {
  /** whom the nonce serves */
  fingerprint: string;
  /** where it asks from: certificates cost nothing, addresses do */
  address: string;
  joinerNonce: string;
  nodeId: string;
}

const LIFE_MS = 10_000;
const MOST = 128;
const MOST_EACH = 8;

/** Challenges under way: each nonce serves once, soon, and for the certificate it was given to. */
export class OpenChallenges {
  readonly #clock: Clock;
  /** by the member's nonce, oldest first */
  readonly #open = new Map<string, Begun & { expiresAt: number }>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** @returns the member's nonce, or null where too many are under way */
  begin(begun: Begun): string | null {
    this.#sweep();
    const own = [...this.#open].filter(([, open]) => open.address === begun.address);
    const [oldest] = own;
    // who begins again and again pushes out its own only
    if (own.length >= MOST_EACH && oldest !== undefined) this.#open.delete(oldest[0]);
    if (this.#open.size >= MOST) return null;
    const nonce = newNonce();
    this.#open.set(nonce, { ...begun, expiresAt: this.#clock.monotonic() + LIFE_MS });
    return nonce;
  }

  /** Takes it away, whatever follows; null where it was never given to this certificate, used, or too old. */
  take(nonce: string, fingerprint: string): { joinerNonce: string; nodeId: string } | null {
    this.#sweep();
    const open = this.#open.get(nonce);
    if (open === undefined || open.fingerprint !== fingerprint) return null;
    this.#open.delete(nonce);
    return { joinerNonce: open.joinerNonce, nodeId: open.nodeId };
  }

  #sweep(): void {
    const now = this.#clock.monotonic();
    for (const [nonce, open] of this.#open) if (open.expiresAt <= now) this.#open.delete(nonce);
  }
}
