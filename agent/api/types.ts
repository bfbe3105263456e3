import type { TokenRequest, TokenRole, TokenView } from '#shared/contract/agent/tokens';

/** Who a bearer token stands for. */
export interface TokenHolder {
  id: string;
  name: string;
  role: TokenRole;
}

export type TokenVerdict =
  | { kind: 'valid'; holder: TokenHolder }
  | { kind: 'unknown' | 'expired' | 'revoked' };

/** Access tokens, as the API needs them. */
export interface Tokens {
  /**
   * Compares in constant time. Asked at every request: answers from what this node knows, also
   * without quorum.
   */
  check(token: string): Promise<TokenVerdict>;
  list(): Promise<TokenView[]>;
  /** @throws Failure NO_QUORUM | UNREACHABLE */
  create(request: TokenRequest): Promise<{ token: string; view: TokenView }>;
  /** @throws Failure NOT_FOUND | NO_QUORUM | UNREACHABLE */
  revoke(id: string): Promise<TokenView>;
}

/** Takes nodes out of the cluster that will not come back. */
export interface MemberRemoval {
  /** @returns its name. @throws Failure NOT_FOUND, INVALID_INPUT where it is alive, of the state */
  forget(id: string): Promise<string>;
}

/** A request of another agent, under `/api/v1/peer/`. */
export interface PeerRequest {
  method: string;
  /** with the query, as `/api/v1/peer/join` */
  target: string;
  /** SHA-256 of the client's certificate, `AA:BB:...`; '' where it showed none */
  fingerprint: string;
  /** where it comes from */
  address: string;
  /** parsed JSON; undefined where there was no body */
  body: unknown;
  signal: AbortSignal;
}

export interface PeerResponse {
  status: number;
  /** goes out as JSON */
  body: unknown;
}

/**
 * Answers requests of other agents, without knowing HTTP. Each decides by the fingerprint whom it
 * talks to. Null: not mine; the next one is asked.
 * @throws Failure, which becomes an `agentError` of a fitting status
 */
export interface PeerHandler {
  (request: PeerRequest): Promise<PeerResponse | null>;
  /** Whether this is asked by a node that may send much, as a job's script; left out: by none. */
  trusts?(asked: Pick<PeerRequest, 'method' | 'target' | 'fingerprint'>): Promise<boolean>;
}
