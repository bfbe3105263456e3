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
  return all.filter(({ name }) => !NOT_OFFERED.has(name)).flatMap(andMended);
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

/** After the refusal of a wrong port the same with a right one, so that the rest goes as recorded. */
function andMended(exchange: Exchange): Exchange[] {
  if (exchange.name !== 'post-bad-port') return [exchange];
  const request = { ...z.record(z.string(), z.unknown()).parse(exchange.request), port: 8006 };
  return [exchange, { ...exchange, name: 'post-mended-port', request }];
}

/** What of an answer must be the same, in a form that two answers can be compared by. */
export function essence(
  name: string,
  { status, contentType, location, text }: Answer,
  isLive: boolean,
) {
  const isJson = contentType.startsWith('application/json');
  const json = isJson ? plain(JSON.parse(text), isLive) : null;
  return { name, status, contentType, location, json };
}

/** @param isLive whether a cluster that is not the recorded one is asked */
export function expectedEssence({ name, status, headers, json }: Exchange, isLive: boolean) {
  const corrected = CORRECTED[name];
  const contentType = headers['Content-Type'] ?? '';
  if (corrected !== undefined) {
    const { status, error } = corrected;
    return { name, status, contentType, location: null, json: { ok: false, error } };
  }
  const location = headers['Location'] ?? null;
  return { name, status, contentType, location, json: plain(json, isLive) };
}

/** What another cluster says otherwise, compared by its kind. */
const OF_THE_CLUSTER = new Set(['user', 'version', 'node_names', 'nodes', 'comment']);

/** Times by their form, ports by whether there is one, the words of a failed connection not at all. */
function plain(value: unknown, isLive: boolean, key = ''): unknown {
  if (key === 'created_at' || key === 'updated_at') {
    return /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}$/.test(String(value)) ? 'naive UTC' : value;
  }
  if (key === 'port') return 'port';
  if (key === 'error' && String(value).startsWith('Connection failed: ')) return 'failed';
  if (isLive && OF_THE_CLUSTER.has(key)) return Array.isArray(value) ? 'list' : typeof value;
  if (isLive && (key === 'storage' || key === 'groups')) return kinds(value);
  if (Array.isArray(value)) return value.map((item) => plain(item, isLive));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, inner]) => [name, plain(inner, isLive, name)]),
  );
}

/** The fields of the rows of a list with their types; a text stays as it is. */
function kinds(value: unknown): unknown {
  if (!Array.isArray(value)) return typeof value;
  const rows = value.map((row: object) =>
    Object.entries(row)
      .map(([name, inner]) => `${name}: ${typeof inner}`)
      .toSorted()
      .join(', '),
  );
  return [...new Set(rows)];
}
