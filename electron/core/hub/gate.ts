import { timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import type { Attempts } from '#shared/domain/attempts';
import type { Door, Visitor } from '#shared/domain/portal/ports';
import type { Logger } from '../ports';
import { tokenDigestOf } from './identity';
import type { LoginSessions } from './sessions';

/** The form's user; its password is the admin token. */
export const ADMIN_USER = 'admin';
const COOKIE = 'session';
const ATTRIBUTES = 'HttpOnly; Path=/; SameSite=Lax; Secure';

export interface GateDeps {
  /** SHA-256 of the admin token, hex */
  tokenDigest: string;
  sessions: LoginSessions;
  attempts: Attempts;
  logger: Logger;
}

/** Knows administrators by a bearer token, or by the cookie of a login with it. */
export class Gate {
  readonly #deps: GateDeps;

  constructor(deps: GateDeps) {
    this.#deps = deps;
  }

  visitor(headers: IncomingHttpHeaders, address: string): Visitor {
    const token = /^bearer +(\S+)$/i.exec(headers.authorization ?? '')?.[1];
    if (token === undefined) {
      const isIn = cookiesOf(headers).some((value) => this.#deps.sessions.isValid(value));
      return { kind: isIn ? 'admin' : 'nobody' };
    }
    const retryAfterS = this.#deps.attempts.waitS(address);
    if (retryAfterS > 0) return { kind: 'throttled', retryAfterS };
    return { kind: this.#isRight(token, address) ? 'admin' : 'refused' };
  }

  /** The login for one request of this visitor. */
  door(headers: IncomingHttpHeaders, address: string): Door {
    const { sessions, attempts } = this.#deps;
    return {
      logIn: async (user, password) => {
        const retryAfterS = attempts.waitS(address);
        if (retryAfterS > 0) return { kind: 'throttled', retryAfterS };
        if (!this.#isRight(user === ADMIN_USER ? password : '', address))
          return { kind: 'refused' };
        return { kind: 'in', cookie: `${COOKIE}=${sessions.begin()}; ${ATTRIBUTES}` };
      },
      logOut() {
        for (const value of cookiesOf(headers)) sessions.end(value);
        return `${COOKIE}=; Max-Age=0; ${ATTRIBUTES}`;
      },
    };
  }

  #isRight(token: string, address: string): boolean {
    const { tokenDigest, attempts, logger } = this.#deps;
    const isRight = timingSafeEqual(Buffer.from(tokenDigestOf(token)), Buffer.from(tokenDigest));
    if (isRight) attempts.right(address);
    else {
      attempts.wrong(address);
      logger.warn({ address }, 'A sign-in to the hub was refused');
    }
    return isRight;
  }
}

const cookiesOf = (headers: IncomingHttpHeaders) =>
  (headers.cookie ?? '')
    .split(';')
    .map((part) => part.trim())
    .filter((part) => part.startsWith(`${COOKIE}=`))
    .map((part) => part.slice(COOKIE.length + 1));
