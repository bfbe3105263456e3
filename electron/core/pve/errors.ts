import { type ErrorData, type Failure, fail } from '#shared/contract/errors';
import { redactText } from '#shared/domain/redact';

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
  unreachable: 'Check the network or VPN, and that the node is up.',
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
  server: 'Read the message of the server; its journal has the details.',
  unsupported: 'This release of Proxmox VE does not have it; a newer one may.',
  peer: 'Run "pvecm updatecerts" on the nodes, so that they trust each other again.',
} as const;

const GATEWAY = [502, 503, 504];
const MAX_FIELDS = 50;

/** An answer that is no JSON of this API. */
export function badResponse(detail: string, endpoint?: string): Failure {
  const where = endpoint === undefined ? {} : { endpoint };
  return fail('BAD_RESPONSE', { remedy: REMEDIES.response, detail, ...where });
}

export function notProxmox(detail: string, known: { endpoint?: string; status?: number } = {}) {
  return fail('NOT_PROXMOX', { remedy: REMEDIES.proxmox, detail, ...known });
}

/**
 * The typed failure of an HTTP answer with a status of 300 or more. Since 8.4 the text stands in
 * the body's `message`; before, and for 401/595/596 always, only in the status line.
 */
export function refusalFailure(refusal: Refusal, asked: Asked): Failure {
  const { status, headers } = refusal;
  const { endpoint } = asked;
  const type = headers['content-type'] ?? '';
  if (status < 400) return notProxmox(`It redirects (${status}).`, { endpoint, status });
  if (type.includes('html') && GATEWAY.includes(status)) {
    // a page of what stands in between: the change may have reached the server all the same
    const detail = 'A proxy in between says that the server does not answer.';
    return fail('UNREACHABLE', { remedy: REMEDIES.unreachable, endpoint, status, detail });
  }
  if (type.includes('html')) return notProxmox('It sends a web page.', { endpoint, status });
  const { text, fields } = textOf(refusal, asked.scrub);
  const data = { endpoint, status, ...(text === '' ? {} : { detail: text }) };
  switch (status) {
    case 400:
      return fail('PARAMETER_REFUSED', { remedy: REMEDIES.parameter, ...data, ...fields });
    case 401:
      return 'www-authenticate' in headers
        ? notProxmox('It asks for another kind of login.', { endpoint, status })
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
  const pairs = Object.entries(errors)
    .slice(0, MAX_FIELDS)
    .map(([name, text]) => [clean(name), clean(String(text))]);
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
