import type { TfaAnswer } from '#shared/contract/connection';
import { Failure, fail } from '#shared/contract/errors';
import type { Clock } from '../ports';
import { notProxmox } from './errors';
import { factorsOf, readTicket, type Ticket } from './schemas/access';

/** Who a cluster is asked as; the secret is opened for the moment of its use. */
export interface Account {
  kind: 'password' | 'token';
  user: string;
  tokenId: string | null;
  /** @throws Failure SECRET_MISSING | VAULT_LOCKED | VAULT_UNAVAILABLE */
  secret(): Promise<string>;
}

/** Sends the parameters to `POST /access/ticket` and returns its `data`. */
export type PostTicket = (
  params: Record<string, string>,
  kind: 'password' | 'secondFactor',
) => Promise<unknown>;

/** What makes a request authentic; `ticket` names the session it came from. */
export interface Authorization {
  kind: 'token' | 'ticket';
  /** sent with every request */
  headers: Record<string, string>;
  /** sent with requests that change something */
  changeHeaders: Record<string, string>;
  ticket: object | null;
  /** what no text of the server may repeat */
  secrets: string[];
}

interface Held {
  ticket: string;
  csrf: string;
  issuedAt: number;
  /** whether a second factor was given for it, which only a person can give again */
  byFactor: boolean;
}

// A ticket lives 2 h. It is renewed on use after 90 min and not relied on in its last 5.
const RENEW_AFTER_MS = 90 * 60_000;
const LIFE_MS = 115 * 60_000;
/** What a person can type; webauthn and u2f need a browser at the server's own address. */
const TYPED_FACTORS = ['totp', 'recovery', 'yubico'];

/**
 * One account's session with a cluster; tickets hold on every node of it. Any number of calls
 * share one login. After refused credentials nothing is sent until the session is made anew or
 * a fresh login is asked for, since repeated failures can lock accounts.
 */
export class Session {
  readonly #account: Account;
  readonly #clock: Clock;
  #held: Held | null = null;
  #running: Promise<Held> | null = null;
  #blocked: Failure | null = null;
  #factor: TfaAnswer | null;

  constructor(account: Account, clock: Clock, factor: TfaAnswer | null = null) {
    this.#account = account;
    this.#clock = clock;
    this.#factor = factor;
  }

  get kind(): 'token' | 'ticket' {
    return this.#account.kind === 'token' ? 'token' : 'ticket';
  }

  /** @throws Failure of the login, or at once the one that blocks the session */
  async authorize(post: PostTicket): Promise<Authorization> {
    if (this.#account.kind === 'token') return this.#tokenHeaders();
    if (this.#blocked) throw this.#blocked;
    const held = await this.#fresh(post);
    const cookie = `PVEAuthCookie=${encodeURIComponent(held.ticket)}`;
    return {
      kind: 'ticket',
      headers: { cookie },
      changeHeaders: { csrfpreventiontoken: held.csrf },
      ticket: held,
      secrets: [held.ticket, held.csrf],
    };
  }

  /**
   * Logs in anew, whatever came before; with an answer the second factor is given at once.
   * A session that a second factor opened is renewed instead where no new answer comes along.
   */
  async login(post: PostTicket, factor: TfaAnswer | null): Promise<void> {
    if (this.#account.kind === 'token') return;
    await this.#running?.catch(() => null);
    this.#factor = factor ?? this.#factor;
    this.#blocked = null;
    const held = this.#held;
    const renewable = this.#factor === null && held !== null && held.byFactor;
    await this.#once(() => (renewable ? this.#renew(post, held) : this.#logIn(post)));
  }

  /** The server refused this ticket: the next call logs in. */
  refused(ticket: object | null): void {
    if (ticket !== null && this.#held === ticket) this.#held = null;
  }

  /** Nothing more is sent until a fresh login. */
  block(failure: Failure): void {
    this.#blocked = failure;
  }

  async #tokenHeaders(): Promise<Authorization> {
    const secret = await this.#account.secret();
    const authorization = `PVEAPIToken=${this.#account.tokenId ?? ''}=${secret}`;
    return {
      kind: 'token',
      headers: { authorization },
      changeHeaders: {},
      ticket: null,
      secrets: [secret],
    };
  }

  #fresh(post: PostTicket): Promise<Held> {
    const held = this.#held;
    const age = held === null ? Number.POSITIVE_INFINITY : this.#clock.now() - held.issuedAt;
    if (held !== null && age < RENEW_AFTER_MS) return Promise.resolve(held);
    return this.#once(() =>
      held !== null && age < LIFE_MS ? this.#renew(post, held) : this.#logIn(post),
    );
  }

  #once(make: () => Promise<Held>): Promise<Held> {
    this.#running ??= make().finally(() => {
      this.#running = null;
    });
    return this.#running;
  }

  /** A ticket stands in for the password, so a second factor is not asked for again. */
  async #renew(post: PostTicket, held: Held): Promise<Held> {
    const params = { username: this.#account.user, password: held.ticket, 'new-format': '1' };
    try {
      return this.#keep(readTicket(await post(params, 'password')), held.byFactor);
    } catch (error) {
      if (isRefusal(error)) return this.#logIn(post);
      // the old ticket still holds; the call itself will tell what is wrong with the network
      return held;
    }
  }

  async #logIn(post: PostTicket): Promise<Held> {
    const factor = this.#factor;
    this.#factor = null;
    try {
      const username = this.#account.user;
      const params = { username, password: await this.#account.secret(), 'new-format': '1' };
      const first = readTicket(await post(params, 'password'));
      if (!first.ticket.startsWith('PVE:')) {
        throw notProxmox('It is a server of another Proxmox product.');
      }
      if (!first.challenge) return this.#keep(first, false);
      return this.#keep(await this.#complete(post, first, factor), true);
    } catch (error) {
      if (isRefusal(error) && this.#blocked === null) this.#blocked = error;
      throw error;
    }
  }

  async #complete(post: PostTicket, half: Ticket, factor: TfaAnswer | null): Promise<Ticket> {
    // a wrong code leaves the session waiting for a right one
    this.#blocked = secondFactorNeeded(half.ticket);
    if (factor === null) throw this.#blocked;
    return readTicket(await post(answerOf(this.#account.user, half, factor), 'secondFactor'));
  }

  #keep(ticket: Ticket, byFactor: boolean): Held {
    if (ticket.challenge) throw secondFactorNeeded(ticket.ticket);
    this.#held = {
      ticket: ticket.ticket,
      csrf: ticket.csrf,
      issuedAt: this.#clock.now(),
      byFactor,
    };
    this.#blocked = null;
    return this.#held;
  }
}

function answerOf(username: string, half: Ticket, factor: TfaAnswer) {
  return {
    username,
    password: `${factor.kind}:${factor.code}`,
    'tfa-challenge': half.ticket,
    'new-format': '1',
  };
}

function secondFactorNeeded(halfTicket: string): Failure {
  const factors = factorsOf(halfTicket);
  const remedy = factors.some((name) => TYPED_FACTORS.includes(name))
    ? 'Enter the code of your second factor.'
    : 'This factor cannot be typed. Use an API token, or add a TOTP factor to the account.';
  return fail('TFA_REQUIRED', { remedy, factors });
}

const REFUSALS: readonly string[] = ['AUTH_FAILED', 'TFA_REQUIRED', 'TFA_FAILED'];

function isRefusal(error: unknown): error is Failure {
  return error instanceof Failure && REFUSALS.includes(error.code);
}
