import { type ErrorCode, type ErrorData, Failure, fail } from '#shared/contract/errors';
import { redactText } from '../logging/redact';

/** What was asked, as far as a failure may tell it. */
export interface Asked {
  /** `host:port` */
  endpoint: string;
  /** path below /api2/json, without its query */
  path: string;
  /** the calls that carry credentials are told apart from all others */
  kind: 'password' | 'secondFactor' | 'token' | 'ticket';
  /** takes known secrets out of a text of the server */
  scrub: (text: string) => string;
}

/** The parts of an answer that say why it failed. */
export interface Refusal {
  status: number;
  statusText: string;
  headers: Record<string, string>;
  body: string;
}

const REMEDIES = {
  resolve: 'Check the spelling of the host name, or use the IP address.',
  refused: 'Check the port (8006 by default) and that pveproxy runs on this node.',
  unreachable: 'Check the network or VPN, and that the node is up.',
  slow: 'Check the network and the load of the node, then try again.',
  trust: 'Look at its fingerprint, and trust it if it is your server.',
  changed: 'Compare both fingerprints. If the certificate was renewed, pin the new one.',
  invalid: 'Renew the certificate, use the name it was made for, or pin its fingerprint.',
  tls: 'Check that this port speaks HTTPS with TLS 1.2 or newer.',
  account: 'Check user, realm and password, then enter them again.',
  token: 'Check token id and secret, and that neither token nor user is expired or disabled.',
  ticket: 'The session had ended. Try again; a new one is opened.',
  factor: 'Enter a fresh code; each code works once.',
  parameter: 'Change the refused values and try again.',
  quorum: 'Bring back enough nodes for a majority; until then nothing can be changed.',
  node: 'Check that the node is up and its cluster network works.',
  guest: 'It was removed or moved to another node. Refresh the list.',
  history: 'The server keeps no history of it yet; look again in some minutes.',
  proxmox: 'Check host and port: the API of Proxmox VE listens on 8006 by default.',
  response: 'Check for a proxy in between, then try again.',
  large: 'Check that this is your Proxmox VE server, or ask for less.',
  server: 'Read the message of the server; its journal has the details.',
  unsupported: 'This release of Proxmox VE does not have it; a newer one may.',
  peer: 'Run "pvecm updatecerts" on the nodes, so that they trust each other again.',
} as const;

const NETWORK_CODES: Record<string, [ErrorCode, keyof typeof REMEDIES]> = {
  ENOTFOUND: ['NAME_NOT_RESOLVED', 'resolve'],
  EAI_AGAIN: ['NAME_NOT_RESOLVED', 'resolve'],
  EAI_FAIL: ['NAME_NOT_RESOLVED', 'resolve'],
  EAI_NODATA: ['NAME_NOT_RESOLVED', 'resolve'],
  EAI_NONAME: ['NAME_NOT_RESOLVED', 'resolve'],
  ECONNREFUSED: ['CONNECTION_REFUSED', 'refused'],
  EHOSTUNREACH: ['UNREACHABLE', 'unreachable'],
  EHOSTDOWN: ['UNREACHABLE', 'unreachable'],
  ENETUNREACH: ['UNREACHABLE', 'unreachable'],
  ENETDOWN: ['UNREACHABLE', 'unreachable'],
  EADDRNOTAVAIL: ['UNREACHABLE', 'unreachable'],
  EINVAL: ['UNREACHABLE', 'unreachable'],
  ECONNRESET: ['UNREACHABLE', 'unreachable'],
  ECONNABORTED: ['UNREACHABLE', 'unreachable'],
  EPIPE: ['UNREACHABLE', 'unreachable'],
  UND_ERR_SOCKET: ['UNREACHABLE', 'unreachable'],
  UND_ERR_CLOSED: ['ABORTED', 'slow'],
  UND_ERR_DESTROYED: ['ABORTED', 'slow'],
  UND_ERR_ABORTED: ['ABORTED', 'slow'],
  ETIMEDOUT: ['TIMEOUT', 'slow'],
  UND_ERR_CONNECT_TIMEOUT: ['TIMEOUT', 'unreachable'],
  UND_ERR_HEADERS_TIMEOUT: ['TIMEOUT', 'slow'],
  UND_ERR_BODY_TIMEOUT: ['TIMEOUT', 'slow'],
  DEPTH_ZERO_SELF_SIGNED_CERT: ['TLS_UNTRUSTED', 'trust'],
  SELF_SIGNED_CERT_IN_CHAIN: ['TLS_UNTRUSTED', 'trust'],
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: ['TLS_UNTRUSTED', 'trust'],
  UNABLE_TO_GET_ISSUER_CERT: ['TLS_UNTRUSTED', 'trust'],
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: ['TLS_UNTRUSTED', 'trust'],
  CERT_UNTRUSTED: ['TLS_UNTRUSTED', 'trust'],
  CERT_HAS_EXPIRED: ['TLS_INVALID', 'invalid'],
  CERT_NOT_YET_VALID: ['TLS_INVALID', 'invalid'],
  CERT_REVOKED: ['TLS_INVALID', 'invalid'],
  CERT_SIGNATURE_FAILURE: ['TLS_INVALID', 'invalid'],
  INVALID_CA: ['TLS_INVALID', 'invalid'],
  INVALID_PURPOSE: ['TLS_INVALID', 'invalid'],
  HOSTNAME_MISMATCH: ['TLS_INVALID', 'invalid'],
  ERR_TLS_CERT_ALTNAME_INVALID: ['TLS_INVALID', 'invalid'],
  EPROTO: ['TLS_FAILED', 'tls'],
  ERR_BUFFER_TOO_LARGE: ['RESPONSE_TOO_LARGE', 'large'],
  UND_ERR_HEADERS_OVERFLOW: ['BAD_RESPONSE', 'response'],
  UND_ERR_RES_CONTENT_LENGTH_MISMATCH: ['UNREACHABLE', 'unreachable'],
};

/** The failure of a name look-up, connection, handshake or broken answer; source: Node, OpenSSL, undici. */
export function networkFailure(error: unknown, endpoint: string): Failure {
  const { code, text } = rootCause(error);
  const known = NETWORK_CODES[code] ?? familyOf(code);
  const [kind, remedy] = known ?? ['UNREACHABLE', 'unreachable'];
  return fail(kind, { remedy: REMEDIES[remedy], endpoint, detail: redactText(text) });
}

function familyOf(code: string): [ErrorCode, keyof typeof REMEDIES] | null {
  if (code.startsWith('ERR_SSL') || code.startsWith('ERR_TLS')) return ['TLS_FAILED', 'tls'];
  if (code.startsWith('HPE_')) return ['NOT_PROXMOX', 'proxmox'];
  if (code.startsWith('Z_')) return ['BAD_RESPONSE', 'response'];
  return null;
}

/** Several addresses may fail at once, and wrappers hide the code that tells why. */
function rootCause(error: unknown): { code: string; text: string } {
  if (!(error instanceof Error)) return { code: '', text: String(error) };
  const code = 'code' in error && typeof error.code === 'string' ? error.code : '';
  if (error instanceof AggregateError && error.errors.length > 0) return rootCause(error.errors[0]);
  if (!(code in NETWORK_CODES) && error.cause instanceof Error) return rootCause(error.cause);
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

/** An answer that is no JSON of this API. */
export function badResponse(endpoint: string, detail: string): Failure {
  return fail('BAD_RESPONSE', { remedy: REMEDIES.response, endpoint, detail });
}

export function notProxmox(endpoint: string, detail: string, status?: number): Failure {
  const shown = status === undefined ? {} : { status };
  return fail('NOT_PROXMOX', { remedy: REMEDIES.proxmox, endpoint, detail, ...shown });
}

/**
 * The typed failure of an HTTP answer with a status of 300 or more. Since 8.4 the text stands in
 * the body's `message`; before, and for 401/595/596 always, only in the status line.
 */
export function refusalFailure(refusal: Refusal, asked: Asked): Failure {
  const { status, headers } = refusal;
  const { endpoint } = asked;
  const type = headers['content-type'] ?? '';
  if (status < 400) return notProxmox(endpoint, `It redirects (${status}).`, status);
  if (type.includes('html')) return notProxmox(endpoint, 'It sends a web page.', status);
  const { text, fields } = textOf(refusal, asked.scrub);
  const data = { endpoint, status, ...(text === '' ? {} : { detail: text }) };
  switch (status) {
    case 400:
      return fail('PARAMETER_REFUSED', { remedy: REMEDIES.parameter, ...data, ...fields });
    case 401:
      return 'www-authenticate' in headers
        ? notProxmox(endpoint, 'It asks for another kind of login.', status)
        : unauthorized(asked, data);
    case 403:
      return forbidden(text, data);
    case 500:
      return serverError(text, asked, data);
    case 501:
      return fail('UNSUPPORTED', { remedy: REMEDIES.unsupported, ...data });
    case 502:
    case 503:
    case 504:
      return fail('UNREACHABLE', { remedy: REMEDIES.unreachable, ...data });
    case 595:
    case 596:
    case 597:
      return peerFailure(text, asked, data);
    default:
      return fail('SERVER_ERROR', { remedy: REMEDIES.server, ...data });
  }
}

type Known = Omit<ErrorData, 'remedy'>;

function textOf(refusal: Refusal, scrub: (text: string) => string) {
  const clean = (text: string) => redactText(scrub(text)).trim().slice(0, 1000);
  const body = parsed(refusal.body);
  const message = typeof body?.message === 'string' ? body.message : '';
  const errors = typeof body?.errors === 'object' && body.errors !== null ? body.errors : {};
  const pairs = Object.entries(errors).map(([name, text]) => [name, clean(String(text))]);
  const fields = pairs.length > 0 ? { fields: Object.fromEntries(pairs) } : {};
  return { text: clean(message === '' ? refusal.statusText : message), fields };
}

function parsed(body: string): { message?: unknown; errors?: unknown } | null {
  try {
    const value: unknown = JSON.parse(body);
    return typeof value === 'object' ? value : null;
  } catch {
    return null;
  }
}

function unauthorized(asked: Asked, data: Known): Failure {
  if (asked.kind === 'secondFactor')
    return fail('TFA_FAILED', { remedy: REMEDIES.factor, ...data });
  const remedy = { password: REMEDIES.account, token: REMEDIES.token, ticket: REMEDIES.ticket };
  return fail('AUTH_FAILED', { remedy: remedy[asked.kind], ...data });
}

function forbidden(text: string, data: Known): Failure {
  const [, path, privilege] = /\(([^,()]*), ([^()]+)\)/.exec(text) ?? [];
  if (path === undefined || privilege === undefined) {
    const remedy = 'Give the account a role that allows this, or use another account.';
    return fail('PERMISSION_DENIED', { remedy, ...data });
  }
  const wanted = privilege.split(/[|,]/).join(' or ');
  const remedy = `Give the account a role with ${wanted} on ${path === '' ? '/' : path}.`;
  return fail('PERMISSION_DENIED', { remedy, ...data, path, privilege });
}

function serverError(text: string, asked: Asked, data: Known): Failure {
  // without a majority the configuration file system is read-only: "Permission denied" from it is no 403
  if (/no quorum|cluster not ready|\/etc\/pve\/.* - Permission denied/i.test(text)) {
    return fail('NO_QUORUM', { remedy: REMEDIES.quorum, ...data });
  }
  if (/^Configuration file '[^']*' does not exist/.test(text)) {
    return fail('GUEST_NOT_FOUND', { remedy: REMEDIES.guest, ...data });
  }
  if (/^hostname lookup '[^']*' failed/.test(text)) return peerFailure(text, asked, data);
  if (/^RRD error: opening .*No such file/.test(text)) {
    return fail('NOT_FOUND', { remedy: REMEDIES.history, ...data }, 'There is no history of this.');
  }
  return fail('SERVER_ERROR', { remedy: REMEDIES.server, ...data });
}

/** 595 to 597 come from the proxying node; without a node in the path its own daemon is silent. */
function peerFailure(text: string, asked: Asked, data: Known): Failure {
  const node = /^\/nodes\/([^/]+)/.exec(asked.path)?.[1];
  if (/certificate/.test(text)) {
    return fail('NODE_UNREACHABLE', { remedy: REMEDIES.peer, ...data, ...(node ? { node } : {}) });
  }
  if (node !== undefined) return fail('NODE_UNREACHABLE', { remedy: REMEDIES.node, ...data, node });
  const remedy = 'Check that pvedaemon runs on this node.';
  return fail('NODE_UNREACHABLE', { remedy, ...data }, 'The node answers, but its API does not.');
}
