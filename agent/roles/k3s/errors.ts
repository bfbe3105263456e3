import { z } from 'zod';
import { type ErrorCode, Failure, fail } from '#shared/contract/errors';
import { codeOf } from '../../host/error-code';

const KINDS: Record<string, ErrorCode> = {
  ECONNREFUSED: 'CONNECTION_REFUSED',
  ENOTFOUND: 'NAME_NOT_RESOLVED',
  EAI_AGAIN: 'NAME_NOT_RESOLVED',
  ETIMEDOUT: 'TIMEOUT',
  UND_ERR_CONNECT_TIMEOUT: 'TIMEOUT',
  CERT_HAS_EXPIRED: 'TLS_INVALID',
  ERR_TLS_CERT_ALTNAME_INVALID: 'TLS_INVALID',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'TLS_UNTRUSTED',
  SELF_SIGNED_CERT_IN_CHAIN: 'TLS_UNTRUSTED',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'TLS_UNTRUSTED',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'TLS_UNTRUSTED',
  CERT_SIGNATURE_FAILURE: 'TLS_UNTRUSTED',
  EPROTO: 'TLS_FAILED',
};
const NETWORK_REMEDY = 'See whether k3s runs there, and its log.';

/** What undici, Node or an abort mean for a call to the Kubernetes API. */
export function networkFailure(endpoint: string, error: unknown, signal: AbortSignal): Failure {
  if (error instanceof Failure) return error;
  if (signal.aborted) {
    const isLate = signal.reason instanceof Error && signal.reason.name === 'TimeoutError';
    return fail(isLate ? 'TIMEOUT' : 'ABORTED', { remedy: NETWORK_REMEDY, endpoint });
  }
  const code = codeOf(error);
  const kind = KINDS[code] ?? (code.startsWith('ERR_SSL') ? 'TLS_FAILED' : 'UNREACHABLE');
  return fail(kind, { remedy: NETWORK_REMEDY, endpoint, detail: code });
}

/** What a refusing API server says of itself. */
const status = z.object({ reason: z.string().optional(), message: z.string().optional() });

const REFUSALS: Record<number, [ErrorCode, string]> = {
  400: ['PARAMETER_REFUSED', 'Check that the versions of k3s and of this agent fit.'],
  401: ['AUTH_FAILED', 'Restart k3s on this node, which renews its certificates.'],
  403: ['PERMISSION_DENIED', 'See which role the certificate of this node has in Kubernetes.'],
  404: ['NOT_FOUND', 'Look again: it may have been deleted.'],
  409: ['REVISION_CHANGED', 'Look again: somebody else changed it.'],
  410: ['REVISION_CHANGED', 'List anew: what changed since is not kept any more.'],
  429: ['SERVER_ERROR', 'Wait: the API server asks for patience.'],
};

/** An answer other than 2xx. 410 (list anew) is REVISION_CHANGED with that status. */
export function refusal(endpoint: string, answer: { status: number; text: string }): Failure {
  const [code, remedy] = REFUSALS[answer.status] ?? ['SERVER_ERROR', NETWORK_REMEDY];
  const said = status.safeParse(jsonOr(answer.text));
  const detail = (said.data?.message ?? said.data?.reason ?? '').slice(0, 300);
  return fail(code, { remedy, endpoint, status: answer.status, detail });
}

export const garbage = (endpoint: string): Failure =>
  fail('BAD_RESPONSE', { remedy: 'Check what listens there; it should be k3s.', endpoint });

export const tooLarge = (endpoint: string): Failure =>
  fail('RESPONSE_TOO_LARGE', { remedy: 'Delete what piled up in Kubernetes.', endpoint });

function jsonOr(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
