import type { z } from 'zod';
import { agentError } from '#shared/contract/agent/dashboard';
import { ERROR_MESSAGES, type ErrorCode, Failure, fail } from '#shared/contract/errors';
import { redactText } from '#shared/domain/redact';
import type { Read } from '../net/carrier';
import type { WireHead, WireReply } from '../net/transport';

const AGENT_REMEDY = 'Check host and port: the node agent listens on 9090 by default.';

/** Words of the network that fit a node agent. */
const REMEDIES: Partial<Record<ErrorCode, string>> = {
  CONNECTION_REFUSED: 'Check the port (9090 by default) and that the node agent runs there.',
  UNREACHABLE: 'Check the network or VPN, and that the node is up.',
  TIMEOUT: 'Check the network and the load of the node, then try again.',
  TLS_FAILED:
    'Check that this is the address of the agent from outside: on loopback it has no TLS.',
  RESPONSE_TOO_LARGE: 'Check that this is your node agent.',
  BAD_RESPONSE: 'Check for a proxy in between, and that the agent is as new as this program.',
};

const BY_STATUS: Partial<Record<number, ErrorCode>> = {
  400: 'PARAMETER_REFUSED',
  401: 'AUTH_FAILED',
  403: 'PERMISSION_DENIED',
  404: 'NOT_FOUND',
  409: 'REVISION_CHANGED',
  501: 'UNSUPPORTED',
  503: 'UNREACHABLE',
  504: 'TIMEOUT',
};

/** Codes whose meaning belongs to this desk: an agent that uses them means something of its own. */
const OURS: readonly string[] = ['VAULT_LOCKED', 'VAULT_UNAVAILABLE', 'APP_LOCKED', 'READ_ONLY'];

const isErrorCode = (code: string): code is ErrorCode =>
  Object.hasOwn(ERROR_MESSAGES, code) && !OURS.includes(code);

/** A server that answers and is no node agent, as Prometheus, which has the same port and path. */
export function notAgent(detail: string, endpoint: string, status?: number): Failure {
  const known = status === undefined ? {} : { status };
  return fail('NOT_AGENT', { remedy: AGENT_REMEDY, detail, endpoint, ...known });
}

export function badAnswer(detail: string, endpoint: string): Failure {
  return fail('BAD_RESPONSE', { remedy: REMEDIES.BAD_RESPONSE ?? '', detail, endpoint });
}

/** The answer in its shape. @throws Failure BAD_RESPONSE, which names the value that does not fit */
export function readAs<Schema extends z.ZodType>(
  schema: Schema,
  data: unknown,
  endpoint: string,
): z.output<Schema> {
  const parsed = schema.safeParse(data);
  if (parsed.success) return parsed.data;
  const at = parsed.error.issues[0]?.path.join('.') ?? '';
  throw badAnswer(`An unexpected value at ${at}.`, endpoint);
}

/** A failure of the network in words that fit a node agent. */
export function agentFailure(failure: Failure): Failure {
  const { code, data, message } = failure;
  // what speaks no HTTP at all
  if (code === 'NOT_PROXMOX') return notAgent(data.detail ?? '', data.endpoint ?? '');
  const remedy = data.outcome === undefined ? (REMEDIES[code] ?? data.remedy) : data.remedy;
  return new Failure(code, { ...data, remedy }, message);
}

/**
 * Reads an answer of the API: a JSON object, or a refusal in the agent's own words.
 * @param scrub takes the token out of texts of the server
 */
export function readAgentReply(
  reply: WireReply,
  endpoint: string,
  scrub: (text: string) => string,
): Read {
  const { status } = reply;
  if (isPage(reply)) return { failure: pageFailure(reply, endpoint) };
  const value = parsed(reply.body);
  if (status >= 300) return refusalOf(status, value, endpoint, scrub);
  if (value === undefined) return { failure: badAnswer('The answer is no valid JSON.', endpoint) };
  return { data: value };
}

/** The same of an answer whose body nobody waits for. */
export function headFailure(head: WireHead, endpoint: string): Failure | null {
  const type = head.headers['content-type'] ?? '';
  if (head.status === 200 && type.startsWith('text/event-stream')) return null;
  if (isPage(head)) return pageFailure(head, endpoint);
  if (head.status < 300) return notAgent('It sends no events.', endpoint, head.status);
  const { status } = head;
  const code = BY_STATUS[status] ?? 'SERVER_ERROR';
  return fail(code, { remedy: REMEDIES[code] ?? AGENT_REMEDY, endpoint, status });
}

const isPage = ({ headers }: WireHead) => (headers['content-type'] ?? '').includes('html');

function pageFailure({ status }: WireHead, endpoint: string): Failure {
  if (![502, 503, 504].includes(status)) {
    return notAgent('It sends a web page.', endpoint, status);
  }
  const detail = 'A proxy in between says that the agent does not answer.';
  return fail('UNREACHABLE', { remedy: REMEDIES.UNREACHABLE ?? '', endpoint, status, detail });
}

function refusalOf(
  status: number,
  value: unknown,
  endpoint: string,
  scrub: (text: string) => string,
): Read {
  if (status < 400) return { failure: notAgent(`It redirects (${status}).`, endpoint, status) };
  const said = agentError.safeParse(value);
  if (!said.success) {
    // an agent explains every refusal, so this is one of whatever stands in between, or of another
    if (![502, 503, 504].includes(status)) {
      return { failure: notAgent(`It answers ${status} in another way.`, endpoint, status) };
    }
    const code = BY_STATUS[status] ?? 'UNREACHABLE';
    return { failure: fail(code, { remedy: REMEDIES[code] ?? '', endpoint, status }) };
  }
  const clean = (text: string) => redactText(scrub(text)).trim().slice(0, 500);
  const named = said.data.code.toUpperCase().replaceAll('-', '_');
  const byStatus = BY_STATUS[status] ?? 'SERVER_ERROR';
  // it knows many words for a token that does not hold, and they all mean the same here
  const code = status !== 401 && isErrorCode(named) ? named : byStatus;
  const { outcome } = said.data;
  const data = {
    remedy: clean(said.data.remedy),
    endpoint,
    status,
    ...(outcome !== undefined && { outcome }),
  };
  return { failure: fail(code, data, clean(said.data.message)), decided: outcome === undefined };
}

/** undefined: no JSON */
function parsed(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}
