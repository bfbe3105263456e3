import type { Read } from '../net/carrier';
import type { WireReply } from '../net/transport';
import { type Asked, badResponse, notProxmox, refusalFailure } from './errors';

/** Reads an answer of the API: JSON with `data`, or a refusal. */
export function readReply(reply: WireReply, asked: Asked): Read {
  if (reply.status >= 300) return { failure: refusalFailure(reply, asked) };
  const { endpoint } = asked;
  const type = reply.headers['content-type'] ?? '';
  if (type.includes('html')) return { failure: notProxmox('It sends a web page.', { endpoint }) };
  const value = parsed(reply.body);
  if (value === undefined) {
    return { failure: badResponse('The answer is no valid JSON.', endpoint) };
  }
  if (typeof value !== 'object' || value === null || !('data' in value)) {
    return { failure: notProxmox('The answer has no "data".', { endpoint }) };
  }
  return { data: value.data };
}

function parsed(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}
