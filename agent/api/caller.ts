import type { IncomingHttpHeaders } from 'node:http';
import type { TokenRole } from '#shared/contract/agent/tokens';
import type { Attempts } from '#shared/domain/attempts';
import type { Logger } from '../ports';
import { type Answer, refuse } from './answer';
import type { ListenerKind } from './listeners';
import type { TokenHolder, Tokens } from './types';

export type Caller =
  /** a user of this machine over plain HTTP: looks, changes nothing */
  | { kind: 'local' }
  /** root of this machine over the socket */
  | { kind: 'root' }
  | { kind: 'token'; holder: TokenHolder }
  | { kind: 'nobody' }
  | { kind: 'refused'; why: 'unknown' | 'expired' | 'revoked' }
  | { kind: 'throttled'; retryAfterS: number };

export interface DoorDeps {
  tokens: Pick<Tokens, 'check'>;
  attempts: Attempts;
  logger: Logger;
}

/** Finds out who asks. */
export class Doorman {
  readonly #deps: DoorDeps;

  constructor(deps: DoorDeps) {
    this.#deps = deps;
  }

  async caller(
    listener: ListenerKind,
    headers: IncomingHttpHeaders,
    address: string,
  ): Promise<Caller> {
    if (listener === 'loopback') return { kind: 'local' };
    if (listener === 'socket') return { kind: 'root' };
    const token = bearerOf(headers);
    return token === null ? { kind: 'nobody' } : this.byToken(token, address);
  }

  async byToken(token: string, address: string): Promise<Caller> {
    const { tokens, attempts, logger } = this.#deps;
    const retryAfterS = attempts.waitS(address);
    if (retryAfterS > 0) return { kind: 'throttled', retryAfterS };
    const verdict = await tokens.check(token);
    if (verdict.kind === 'valid') {
      attempts.right(address);
      return { kind: 'token', holder: verdict.holder };
    }
    // an old token was a right one once: whoever shows it does not guess
    if (verdict.kind === 'unknown') attempts.wrong(address);
    logger.warn({ address, why: verdict.kind }, 'A token was refused');
    return { kind: 'refused', why: verdict.kind };
  }
}

export function bearerOf(headers: IncomingHttpHeaders): string | null {
  return /^bearer +(\S{1,512})$/i.exec(headers.authorization ?? '')?.[1] ?? null;
}

const RANK: Record<TokenRole, number> = { viewer: 0, operator: 1, admin: 2 };

/** What the caller may do; null where it is nobody. */
export function rightsOf(caller: Caller): TokenRole | null {
  switch (caller.kind) {
    case 'local':
      return 'viewer';
    case 'root':
      return 'admin';
    case 'token':
      return caller.holder.role;
    default:
      return null;
  }
}

/** Who stands in the audit. */
export function nameOf(caller: Caller, node: string): string {
  if (caller.kind === 'token') return `${caller.holder.id} (${caller.holder.name})`;
  return caller.kind === 'root' ? `root on ${node}` : 'nobody';
}

/** Why this caller may not go on; null where it may. */
export function stopped(caller: Caller, needed: TokenRole, isChange: boolean): Answer | null {
  const challenge = { 'www-authenticate': 'Bearer realm="clusterdeck"' };
  switch (caller.kind) {
    case 'nobody':
      return refuse(
        401,
        'token-missing',
        'This needs an access token.',
        'Send `Authorization: Bearer ...`; `node-agent token create` on a node makes one.',
        challenge,
      );
    case 'refused':
      return refusedToken(caller.why, challenge);
    case 'throttled':
      return refuse(
        429,
        'too-many-attempts',
        'Too many wrong tokens came from this address.',
        `Wait ${caller.retryAfterS} s, then send the right one.`,
        { 'retry-after': String(caller.retryAfterS) },
      );
    case 'local':
      if (!isChange && needed === 'viewer') return null;
      return refuse(
        403,
        'read-only',
        'Plain HTTP on this machine is for looking only.',
        "Ask the node's HTTPS address with an access token.",
      );
    default:
      return mayDo(rightsOf(caller), needed);
  }
}

function mayDo(rights: TokenRole | null, needed: TokenRole): Answer | null {
  if (rights !== null && RANK[rights] >= RANK[needed]) return null;
  return refuse(
    403,
    'role-too-low',
    `This needs a token with the role ${needed}; this one is for a ${rights ?? 'nobody'}.`,
    `Ask an administrator for one: node-agent token create --role ${needed}`,
  );
}

function refusedToken(
  why: 'unknown' | 'expired' | 'revoked',
  headers: Record<string, string>,
): Answer {
  const remedy = 'Make a new one on a node: node-agent token create';
  const message = {
    unknown: 'The access token is not known here.',
    expired: 'The access token has expired.',
    revoked: 'The access token was revoked.',
  }[why];
  return refuse(401, `token-${why}`, message, remedy, headers);
}
