import { createHmac, timingSafeEqual } from 'node:crypto';

const LIFETIME_SECONDS = 7200;
/** How far ahead another node's clock may be. */
const AHEAD_SECONDS = 300;
const HALF_TICKET_SECONDS = 300;

/**
 * Tickets and CSRF tokens of one cluster, signed with a key all its nodes
 * share. `rotate` throws every ticket away, as losing the key would.
 */
export class Tickets {
  readonly #root: Buffer;
  #generation = 0;

  constructor(root: Buffer) {
    this.#root = root;
  }

  /** Makes every ticket handed out so far worthless. */
  rotate(): void {
    this.#generation += 1;
  }

  /** A full ticket of a user. */
  issue(userid: string, nowSeconds: number): string {
    return this.#signed(`PVE:${userid}:${stamp(nowSeconds)}`, '');
  }

  /** A half ticket which only answers a second factor's challenge. */
  issueHalf(userid: string, challenge: string, nowSeconds: number): string {
    const escaped = challenge.replaceAll(':', '%3A');
    return this.#signed(`PVE:!tfa!${escaped}:${stamp(nowSeconds)}`, userid);
  }

  /** The user of a full ticket which is genuine and alive. */
  userOf(ticket: string, nowSeconds: number): string | undefined {
    const match = /^(PVE:([^:!]+@[^:]+):([0-9A-F]{8}))::(.+)$/.exec(ticket);
    const [, plain = '', userid = '', time = '', signature = ''] = match ?? [];
    if (match === null || !this.#genuine(plain, '', signature)) return undefined;
    return alive(time, nowSeconds, LIFETIME_SECONDS) ? userid : undefined;
  }

  /** True when a half ticket was made for that user and is alive. */
  halfBelongsTo(ticket: string, userid: string, nowSeconds: number): boolean {
    const match = /^(PVE:!tfa!.*:([0-9A-F]{8}))::(.+)$/.exec(ticket);
    const [, plain = '', time = '', signature = ''] = match ?? [];
    if (match === null || !this.#genuine(plain, userid, signature)) return false;
    return alive(time, nowSeconds, HALF_TICKET_SECONDS);
  }

  /** The token which must come with every change made by cookie. */
  csrf(userid: string, nowSeconds: number): string {
    const time = stamp(nowSeconds);
    return `${time}:${this.#hash(`csrf:${time}:${userid}`).toString('base64').slice(0, 43)}`;
  }

  csrfMatches(token: string, userid: string, nowSeconds: number): boolean {
    const [time = '', digest = ''] = token.split(':');
    if (!/^[0-9A-F]{8}$/.test(time) || !alive(time, nowSeconds, LIFETIME_SECONDS)) return false;
    const expected = this.#hash(`csrf:${time}:${userid}`).toString('base64').slice(0, 43);
    return equal(Buffer.from(digest), Buffer.from(expected));
  }

  #signed(plain: string, secretData: string): string {
    return `${plain}::${this.#signature(plain, secretData).toString('base64')}`;
  }

  #genuine(plain: string, secretData: string, signature: string): boolean {
    return equal(Buffer.from(signature, 'base64'), this.#signature(plain, secretData));
  }

  /** 256 bytes, the length of the real signature. */
  #signature(plain: string, secretData: string): Buffer {
    const blocks = [0, 1, 2, 3].map((n) => this.#hash(`${n}:${plain}:${secretData}`));
    return Buffer.concat(blocks);
  }

  #hash(text: string): Buffer {
    return createHmac('sha512', this.#root).update(`${this.#generation}:${text}`).digest();
  }
}

function stamp(nowSeconds: number): string {
  return Math.floor(nowSeconds).toString(16).toUpperCase().padStart(8, '0');
}

function alive(time: string, nowSeconds: number, lifetime: number): boolean {
  const age = nowSeconds - Number.parseInt(time, 16);
  return age >= -AHEAD_SECONDS && age <= lifetime;
}

function equal(a: Buffer, b: Buffer): boolean {
  return a.length === b.length && timingSafeEqual(a, b);
}
