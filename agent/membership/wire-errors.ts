import { type ErrorCode, Failure, fail } from '#shared/contract/errors';
import { codeOf } from '../host/error-code';

const REMEDY = 'Check the network between the nodes, and that the agent runs there.';

const KINDS: Record<string, ErrorCode> = {
  ECONNREFUSED: 'CONNECTION_REFUSED',
  EHOSTUNREACH: 'UNREACHABLE',
  ENETUNREACH: 'UNREACHABLE',
  EADDRNOTAVAIL: 'UNREACHABLE',
  ECONNRESET: 'UNREACHABLE',
  EPIPE: 'UNREACHABLE',
  UND_ERR_SOCKET: 'UNREACHABLE',
  ETIMEDOUT: 'TIMEOUT',
  UND_ERR_CONNECT_TIMEOUT: 'TIMEOUT',
  EPROTO: 'TLS_FAILED',
  ENOTFOUND: 'NAME_NOT_RESOLVED',
  EAI_AGAIN: 'NAME_NOT_RESOLVED',
};
/** A request that failed like that never left this node. */
const NOT_SENT = new Set<ErrorCode>(['CONNECTION_REFUSED', 'NAME_NOT_RESOLVED', 'TLS_FAILED']);
const NEVER_CONNECTED = new Set(['UND_ERR_CONNECT_TIMEOUT', 'EHOSTUNREACH', 'ENETUNREACH']);

/** What undici, Node or an abort mean for a call to a peer. */
export function wireFailure(
  error: unknown,
  endpoint: string,
  isMutation: boolean,
  signal: AbortSignal,
): Failure {
  if (error instanceof Failure) return error;
  const isTimeout = signal.aborted && nameOf(signal.reason) === 'TimeoutError';
  const code = codeOf(error);
  const kind = isTimeout ? 'TIMEOUT' : signal.aborted ? 'ABORTED' : (KINDS[code] ?? kindOf(code));
  const mayHaveActed = isMutation && !NOT_SENT.has(kind) && !NEVER_CONNECTED.has(code);
  return fail(kind, {
    endpoint,
    remedy: REMEDY,
    detail: code,
    ...(mayHaveActed && { outcome: 'unknown' as const }),
  });
}

const kindOf = (code: string): ErrorCode =>
  code.startsWith('ERR_TLS') || code.startsWith('ERR_SSL') ? 'TLS_FAILED' : 'UNREACHABLE';

const nameOf = (reason: unknown) => (reason instanceof Error ? reason.name : '');
