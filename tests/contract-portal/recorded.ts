import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';

const exchange = z.object({
  name: z.string(),
  method: z.string(),
  path: z.string(),
  /** null: no body; a text was sent as it is; all else as a form to a page, as JSON to the API */
  request: z.unknown(),
  status: z.number(),
  headers: z.record(z.string(), z.string()),
  json: z.record(z.string(), z.unknown()).nullable(),
});
export type Exchange = z.infer<typeof exchange>;

/** What an answer is compared by. */
export interface Answer {
  status: number;
  contentType: string;
  location: string | null;
  text: string;
}

export interface Sent {
  method: string;
  path: string;
  contentType: string;
  body: string;
}

/** The recorded conversation from the first login on, in its order. */
export function recordedConversation(): Exchange[] {
  const file = join(import.meta.dirname, '..', 'fixtures', 'portal', 'recorded.json');
  const all = z.array(exchange).parse(JSON.parse(readFileSync(file, 'utf8')));
  return all.filter(({ name }) => !NOT_OFFERED.has(name));
}

/** The portal's first run, its registration and its pages about live clusters: no part of this API. */
const NOT_OFFERED = new Set([
  'login-before-setup',
  'setup-missing',
  'setup',
  'register',
  'clusters-list-after-inactive',
  'clusters-nodes',
  'resources',
]);

/** Where the portal is wrong and is not followed: what is answered in place of what was recorded. */
const CORRECTED: Record<string, { status: number; error: string }> = {
  'post-null-name': { status: 400, error: 'Invalid values: name must be text.' },
  'post-bad-port': {
    status: 400,
    error: 'Invalid values: port must be a whole number from 1 to 65535.',
  },
  'post-bad-bool': { status: 400, error: 'Invalid values: verify_ssl must be true or false.' },
  'put-null': { status: 400, error: 'Invalid values: name must be text.' },
};

export function bodyOf({ request, path, method }: Exchange): Sent {
  const json = { method, path, contentType: 'application/json' };
  if (request === null) return { ...json, contentType: '', body: '' };
  if (path.startsWith('/login')) {
    const fields = new URLSearchParams(z.record(z.string(), z.string()).parse(request));
    const contentType = 'application/x-www-form-urlencoded';
    return { method, path, contentType, body: fields.toString() };
  }
  return { ...json, body: typeof request === 'string' ? request : JSON.stringify(request) };
}

/** The same cluster with the port put right, so that the conversation goes on as recorded. */
export function mended(exchange: Exchange): Exchange | null {
  if (exchange.name !== 'post-bad-port') return null;
  const request = { ...z.record(z.string(), z.unknown()).parse(exchange.request), port: 8006 };
  return { ...exchange, name: 'post-mended-port', request };
}

/** What of an answer must be the same, in a form that two answers can be compared by. */
export function essence({ status, contentType, location, text }: Answer) {
  const isJson = contentType.startsWith('application/json');
  return {
    status,
    contentType,
    location,
    json: isJson ? plain(JSON.parse(text)) : null,
  };
}

export function expectedEssence({ name, status, headers, json }: Exchange) {
  const corrected = CORRECTED[name];
  const contentType = headers['Content-Type'] ?? '';
  if (corrected !== undefined) {
    const { status, error } = corrected;
    return { status, contentType, location: null, json: { ok: false, error } };
  }
  return { status, contentType, location: headers['Location'] ?? null, json: plain(json) };
}

/** Times by their form, ports of the live cluster and what a client library said by their kind. */
function plain(value: unknown, key = ''): unknown {
  if (key === 'created_at' || key === 'updated_at') {
    return /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}$/.test(String(value)) ? 'naive UTC' : value;
  }
  if (key === 'port') return 'port';
  if (key === 'version' || key === 'comment') return typeof value;
  if (key === 'error' && String(value).startsWith('Connection failed: ')) return 'failed';
  if (Array.isArray(value)) return value.map((item) => plain(item));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, inner]) => [name, plain(inner, name)]),
  );
}
