import type { AgentError } from '#shared/contract/agent/dashboard';
import type { PeerResponse } from '../api/types';

const STATUS = {
  'no-certificate': 401,
  'wrong-protocol': 400,
  'bad-request': 400,
  'foreign-cluster': 409,
  'not-settled': 503,
  'challenge-unknown': 410,
  'proof-refused': 403,
  'name-used': 409,
  'identity-used': 409,
  'single-node': 409,
  'state-unavailable': 503,
  'too-many': 429,
  'not-a-member': 403,
  'no-pact': 403,
  held: 503,
} as const;

/** Why a node is not let in; stable words which the other side acts upon. */
export type RefusalCode = keyof typeof STATUS;

export function isRefusalCode(code: string): code is RefusalCode {
  return Object.hasOwn(STATUS, code);
}

export function refusal(code: RefusalCode, message: string, remedy: string): PeerResponse {
  const body: AgentError = { ok: false, code, message, remedy };
  return { status: STATUS[code], body };
}
