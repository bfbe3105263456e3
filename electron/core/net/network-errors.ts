import { type ErrorCode, Failure, fail } from '#shared/contract/errors';
import { redactText } from '#shared/domain/redact';

const REMEDIES = {
  resolve: 'Check the spelling of the host name, or use the IP address.',
  refused: 'Check the port (8006 by default) and that pveproxy runs on this node.',
  unreachable: 'Check the network or VPN, and that the node is up.',
  slow: 'Check the network and the load of the node, then try again.',
  trust: 'Look at its fingerprint, and trust it if it is your server.',
  changed: 'Compare both fingerprints. If the certificate was renewed, pin the new one.',
  invalid: 'Renew the certificate, use the name it was made for, or pin its fingerprint.',
  tls: 'Check that this port speaks HTTPS with TLS 1.2 or newer.',
  proxmox: 'Check host and port: the API of Proxmox VE listens on 8006 by default.',
  response: 'Check for a proxy in between, then try again.',
  large: 'Check that this is your Proxmox VE server, or ask for less.',
  broken: 'Check the network and for a proxy in between, then try again.',
} as const;

/** What each code of Node, OpenSSL and undici means here; some words are more exact than the code's own. */
const FAMILIES: [ErrorCode, keyof typeof REMEDIES, string[], string?][] = [
  [
    'NAME_NOT_RESOLVED',
    'resolve',
    ['ENOTFOUND', 'EAI_AGAIN', 'EAI_FAIL', 'EAI_NODATA', 'EAI_NONAME'],
  ],
  ['CONNECTION_REFUSED', 'refused', ['ECONNREFUSED']],
  [
    'UNREACHABLE',
    'unreachable',
    ['EHOSTUNREACH', 'EHOSTDOWN', 'ENETUNREACH', 'ENETDOWN', 'EADDRNOTAVAIL', 'EINVAL'],
  ],
  [
    'UNREACHABLE',
    'broken',
    [
      'ECONNRESET',
      'ECONNABORTED',
      'EPIPE',
      'UND_ERR_SOCKET',
      'UND_ERR_RES_CONTENT_LENGTH_MISMATCH',
    ],
    'The connection broke off.',
  ],
  ['ABORTED', 'slow', ['UND_ERR_CLOSED', 'UND_ERR_DESTROYED', 'UND_ERR_ABORTED']],
  ['TIMEOUT', 'unreachable', ['ETIMEDOUT', 'UND_ERR_CONNECT_TIMEOUT']],
  ['TIMEOUT', 'slow', ['UND_ERR_HEADERS_TIMEOUT', 'UND_ERR_BODY_TIMEOUT']],
  [
    'TLS_UNTRUSTED',
    'trust',
    [
      'DEPTH_ZERO_SELF_SIGNED_CERT',
      'SELF_SIGNED_CERT_IN_CHAIN',
      'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
      'UNABLE_TO_GET_ISSUER_CERT',
      'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
      'CERT_UNTRUSTED',
    ],
  ],
  ['TLS_INVALID', 'invalid', ['CERT_HAS_EXPIRED'], 'The certificate has expired.'],
  ['TLS_INVALID', 'invalid', ['CERT_NOT_YET_VALID'], 'The certificate is not valid yet.'],
  [
    'TLS_INVALID',
    'invalid',
    ['CERT_REVOKED', 'CERT_SIGNATURE_FAILURE', 'INVALID_CA', 'INVALID_PURPOSE'],
  ],
  [
    'TLS_INVALID',
    'invalid',
    ['HOSTNAME_MISMATCH', 'ERR_TLS_CERT_ALTNAME_INVALID'],
    'The certificate was made for another name.',
  ],
  ['TLS_FAILED', 'tls', ['EPROTO']],
  ['NOT_PROXMOX', 'proxmox', ['HTTP_PARSER']],
  ['RESPONSE_TOO_LARGE', 'large', ['ERR_BUFFER_TOO_LARGE']],
  ['BAD_RESPONSE', 'response', ['UND_ERR_HEADERS_OVERFLOW']],
];
const BY_CODE = new Map(
  FAMILIES.flatMap(([kind, remedy, codes, message]) =>
    codes.map((code) => [code, { kind, remedy, message }] as const),
  ),
);

/** The failure of a name look-up, connection, handshake or broken answer. */
export function networkFailure(error: unknown, endpoint: string): Failure {
  const { code, text } = rootCause(error);
  const { kind, remedy, message } = BY_CODE.get(code) ?? familyOf(code);
  const data = { remedy: REMEDIES[remedy], endpoint, detail: redactText(text) };
  return fail(kind, data, message);
}

function familyOf(code: string) {
  const of = (kind: ErrorCode, remedy: keyof typeof REMEDIES) => ({
    kind,
    remedy,
    message: undefined,
  });
  if (code.startsWith('ERR_SSL') || code.startsWith('ERR_TLS')) return of('TLS_FAILED', 'tls');
  if (code.startsWith('Z_')) return of('BAD_RESPONSE', 'response');
  return of('UNREACHABLE', 'unreachable');
}

/** Several addresses may fail at once, and wrappers hide the code that tells why. */
function rootCause(error: unknown): { code: string; text: string } {
  if (!(error instanceof Error)) return { code: '', text: String(error) };
  if (error.name === 'HTTPParserError') return { code: 'HTTP_PARSER', text: error.message };
  const code = 'code' in error && typeof error.code === 'string' ? error.code : '';
  if (error instanceof AggregateError && error.errors.length > 0) return rootCause(error.errors[0]);
  if (!BY_CODE.has(code) && error.cause instanceof Error) return rootCause(error.cause);
  return { code, text: error.message };
}

/** The failure behind an abort: the caller's own, or a deadline that has passed. */
export function abortFailure(reason: unknown, endpoint: string): Failure {
  if (reason instanceof Failure) return reason;
  if (reason instanceof Error && reason.name === 'TimeoutError') {
    return fail('TIMEOUT', { remedy: REMEDIES.slow, endpoint });
  }
  return fail('ABORTED', { remedy: 'Start it again when you want to.', endpoint });
}

/** A certificate that is not the pinned one, or that nobody has pinned yet. */
export function pinFailure(
  endpoint: string,
  pinned: string | null,
  offered: string | undefined,
): Failure {
  const shown = offered === undefined ? {} : { offered };
  if (pinned === null) return fail('TLS_UNTRUSTED', { remedy: REMEDIES.trust, endpoint, ...shown });
  return fail('TLS_CHANGED', { remedy: REMEDIES.changed, endpoint, pinned, ...shown });
}

export function tooLargeFailure(endpoint: string): Failure {
  return fail('RESPONSE_TOO_LARGE', { remedy: REMEDIES.large, endpoint });
}
