import type { IncomingMessage } from 'node:http';
import type { z } from 'zod';
import { fail } from '#shared/contract/errors';
import type { Call } from './routes';

/** The largest thing that nearly anybody sends is a record of configuration, of a few kilobytes. */
export const MAX_BODY_BYTES = 256 * 1024;

/** Null where it is larger than what is taken; the rest of it is not read. */
export async function readBody(request: IncomingMessage, maxBytes: number): Promise<string | null> {
  if (Number(request.headers['content-length'] ?? 0) > maxBytes) return null;
  const chunks: Buffer[] = [];
  let size = 0;
  // the connection must live on to carry the refusal
  for await (const chunk of request.iterator({ destroyOnReturn: false })) {
    if (!Buffer.isBuffer(chunk)) continue;
    size += chunk.length;
    if (size > maxBytes) return null;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

/**
 * The JSON of a body; undefined where there is none.
 * @throws Failure INVALID_INPUT, which never repeats what was sent
 */
export function parseJson({ body, contentType }: Pick<Call, 'body' | 'contentType'>): unknown {
  if (body === '') return undefined;
  // a form of another page cannot send this type
  if (contentType !== 'application/json') {
    throw fail('INVALID_INPUT', { remedy: 'Send it as application/json.' }, 'This is no JSON.');
  }
  try {
    return JSON.parse(body);
  } catch {
    throw fail('INVALID_INPUT', { remedy: 'Send one JSON document.' }, 'This is no JSON.');
  }
}

/** @throws Failure INVALID_INPUT with what is wrong in each field */
export function parseRequest<T>(schema: z.ZodType<T>, call: Call): T {
  const parsed = schema.safeParse(parseJson(call) ?? {});
  if (parsed.success) return parsed.data;
  const told = parsed.error.issues.map(({ path, message }) =>
    path.length === 0 ? message : `${path.join('.')}: ${message}`,
  );
  const remedy = 'GET /api/v1/openapi.json says what is taken here.';
  throw fail('INVALID_INPUT', { remedy }, `The request is not valid. ${told.join(' ')}`);
}
