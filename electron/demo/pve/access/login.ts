import { PveError } from '../errors';
import type { Directory, User } from './directory';
import type { Tickets } from './tickets';
import { acceptTotp } from './totp';

export interface LoginRequest {
  username: string;
  realm?: string;
  password: string;
  /** The half ticket this answer belongs to. */
  challenge?: string;
}

export type LoginResult =
  | { kind: 'full'; userid: string; ticket: string; csrf: string }
  | { kind: 'half'; userid: string; ticket: string; csrf: string };

/** Trades a password, a living ticket or a second factor's answer for a ticket. */
export class Login {
  readonly #directory: Directory;
  readonly #tickets: Tickets;

  constructor(directory: Directory, tickets: Tickets) {
    this.#directory = directory;
    this.#tickets = tickets;
  }

  /** Throws 401 for whatever is wrong, without saying what. */
  login(request: LoginRequest, nowSeconds: number): LoginResult {
    const userid = userIdOf(request);
    const user = this.#directory.users.get(userid);
    if (user === undefined || !usable(user, nowSeconds)) throw refused();
    if (request.challenge !== undefined) {
      this.#answer(user, request.challenge, request.password, nowSeconds);
      return this.#full(userid, nowSeconds);
    }
    if (this.#tickets.userOf(request.password, nowSeconds) === userid) {
      return this.#full(userid, nowSeconds);
    }
    if (user.password === '' || user.password !== request.password) throw refused();
    const challenge = challengeOf(user);
    if (challenge === undefined) return this.#full(userid, nowSeconds);
    return {
      kind: 'half',
      userid,
      ticket: this.#tickets.issueHalf(userid, challenge, nowSeconds),
      csrf: this.#tickets.csrf(userid, nowSeconds),
    };
  }

  #full(userid: string, nowSeconds: number): LoginResult {
    return {
      kind: 'full',
      userid,
      ticket: this.#tickets.issue(userid, nowSeconds),
      csrf: this.#tickets.csrf(userid, nowSeconds),
    };
  }

  #answer(user: User, challenge: string, answer: string, nowSeconds: number): void {
    if (!this.#tickets.halfBelongsTo(challenge, user.userid, nowSeconds)) throw refused();
    const [kind = '', code = ''] = splitOnce(answer);
    if (kind === 'totp' && user.totp !== undefined) {
      if (acceptTotp(user.totp, code, nowSeconds)) return;
    }
    if (kind === 'recovery') {
      for (const [number, key] of user.recovery) {
        if (key === code) {
          user.recovery.delete(number);
          return;
        }
      }
    }
    throw refused();
  }
}

/** The user a ticket request means, with its realm. */
function userIdOf(request: LoginRequest): string {
  if (request.realm !== undefined && !request.username.includes('@')) {
    return `${request.username}@${request.realm}`;
  }
  return request.username;
}

function usable(user: User, nowSeconds: number): boolean {
  return user.enable && (user.expire === 0 || user.expire > nowSeconds);
}

/** What a second factor may answer, as the ticket spells it. */
function challengeOf(user: User): string | undefined {
  if (user.totp === undefined && user.recovery.size === 0) return undefined;
  const parts: Record<string, unknown> = { recovery: [...user.recovery.keys()] };
  if (user.totp !== undefined) parts.totp = true;
  return JSON.stringify(parts);
}

function splitOnce(text: string): [string, string] {
  const colon = text.indexOf(':');
  return colon < 0 ? [text, ''] : [text.slice(0, colon), text.slice(colon + 1)];
}

function refused(): PveError {
  return new PveError(401, 'authentication failure\n');
}
