import type { AgentError } from '#shared/contract/agent/dashboard';
import { type ErrorCode, Failure } from '#shared/contract/errors';

/** What goes out over whatever listener the request came in by. */
export interface Answer {
  status: number;
  /** names in lower case */
  headers: Record<string, string>;
  body: string | Buffer;
}

export const JSON_TYPE = { 'content-type': 'application/json; charset=utf-8' };

export function json(
  status: number,
  document: object,
  headers: Record<string, string> = {},
): Answer {
  return { status, headers: { ...JSON_TYPE, ...headers }, body: `${JSON.stringify(document)}\n` };
}

/** @param code stable word for programs */
export function refuse(
  status: number,
  code: string,
  message: string,
  remedy: string,
  headers: Record<string, string> = {},
): Answer {
  const document: AgentError = { ok: false, code, message, remedy };
  return json(status, document, headers);
}

/** What stands for a code here; all others are a fault of this agent's surroundings. */
const STATUS: Partial<Record<ErrorCode, number>> = {
  INVALID_INPUT: 400,
  PARAMETER_REFUSED: 400,
  AUTH_FAILED: 401,
  PERMISSION_DENIED: 403,
  READ_ONLY: 403,
  NOT_FOUND: 404,
  DUPLICATE_ID: 409,
  REVISION_CHANGED: 409,
  CONFIRMATION_REQUIRED: 409,
  PLAN_STALE: 409,
  CHECKS_FAILED: 409,
  UNSUPPORTED: 501,
  SERVER_ERROR: 502,
  BAD_RESPONSE: 502,
  NO_QUORUM: 503,
  UNREACHABLE: 503,
  NODE_UNREACHABLE: 503,
  CONNECTION_REFUSED: 503,
  STORE_FULL: 507,
  TIMEOUT: 504,
};

/** An expected failure as an answer. */
export function failed(failure: Failure): Answer {
  const document: AgentError = {
    ok: false,
    code: failure.code.toLowerCase().replaceAll('_', '-'),
    message: failure.message,
    remedy: failure.data.remedy,
    ...(failure.data.outcome !== undefined && { outcome: failure.data.outcome }),
  };
  return json(STATUS[failure.code] ?? 500, document);
}

/** Of anything thrown; what is not expected tells nothing of itself. */
export function failedBy(error: unknown): Answer {
  if (error instanceof Failure) return failed(error);
  return refuse(
    500,
    'internal',
    'Something went wrong in the node agent.',
    "Its log tells more: read it on this node, then report it if you can't mend the cause.",
  );
}
