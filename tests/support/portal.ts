import { once } from 'node:events';
import {
  createServer as createPlainServer,
  type IncomingMessage,
  type ServerResponse,
} from 'node:http';
import { createServer } from 'node:https';
import { makeCertificate } from './certificates';

type Row = Record<string, unknown> & { id: string; db_id: number; is_default: unknown };
type Body = Record<string, unknown>;

/** One request as it came. */
export interface PortalCall {
  method: string;
  path: string;
  body: string;
  headers: IncomingMessage['headers'];
}

/** What is to go wrong with one request: before anything is done, or after it was done. */
export type Fault =
  | 'drop'
  | 'dropAfter'
  | 'logOut'
  | { status: number; body: string; type?: string };

interface Answer {
  status: number;
  json?: object;
  html?: string;
  headers?: Record<string, string>;
}

const FIELDS = [
  'name',
  'host',
  'port',
  'user',
  'verify_ssl',
  'is_default',
  'is_active',
  'allow_vm_deployment',
  'allow_template_sync',
  'allow_iso_sync',
  'auto_shutdown_enabled',
  'priority',
  'default_storage',
  'template_storage',
  'qcow2_template_path',
  'qcow2_images_path',
  'admin_group',
  'admin_users',
  'arp_subnets',
  'vm_cache_ttl',
  'enable_ip_lookup',
  'enable_ip_persistence',
  'description',
];
const DEFAULTS: Body = {
  port: 8006,
  verify_ssl: false,
  is_default: false,
  is_active: true,
  allow_vm_deployment: true,
  allow_template_sync: true,
  allow_iso_sync: true,
  auto_shutdown_enabled: false,
  priority: 50,
  qcow2_template_path: '/mnt/pve/templates',
  qcow2_images_path: '/mnt/pve/images',
  vm_cache_ttl: 300,
  enable_ip_lookup: true,
  enable_ip_persistence: false,
};
const REQUIRED = ['cluster_id', 'name', 'host', 'user', 'password'];
const FLAGS = FIELDS.filter((field) => typeof DEFAULTS[field] === 'boolean');
const PAGE = '<!DOCTYPE html><title>Lab VM Portal</title>';

/**
 * The lab portal as it was recorded, quirks and all: a session by form login, redirects in place of
 * 401, numbers given again, unchecked ports, the default's side effects, and errors that repeat the
 * password they were given.
 */
export class LabPortal {
  readonly rows: Row[] = [];
  /** what it was told and never returns, by number */
  readonly hidden = new Map<number, Body>();
  readonly calls: PortalCall[] = [];
  readonly users = new Map([
    ['ada@pve', { password: 'correct horse', isAdmin: true }],
    ['bob@pve', { password: 'bobs-password', isAdmin: false }],
  ]);
  /** asked before each request; what it returns goes wrong */
  fault: (call: PortalCall) => Fault | null | Promise<Fault | null> = () => null;
  /** columns of a newer portal, which it takes and returns */
  moreFields: string[] = [];
  isSetUp = true;
  readonly #sessions = new Map<string, { isAdmin: boolean }>();
  #ticks = 0;
  #nextSession = 1;

  /** A cluster that is there from the start. */
  add(id: string, more: Body = {}): Row {
    const values = { name: `Lab ${id}`, host: `${id}.lab`, user: 'root@pam', ...more };
    this.#create({ cluster_id: id, password: 'there already', ...values });
    const row = this.row(id);
    if (row === undefined) throw new Error(`The portal did not make ${id}`);
    return row;
  }

  row(id: string): Row | undefined {
    return this.rows.find((row) => row.id === id);
  }

  /** As somebody else would, in a browser. */
  change(id: string, values: Body): void {
    const row = this.row(id);
    if (row === undefined) throw new Error(`The portal has no ${id}`);
    this.#update(row.db_id, values);
  }

  logOutAll(): void {
    this.#sessions.clear();
  }

  answer(call: PortalCall): Answer {
    const [path = '', query = ''] = call.path.split('?');
    if (path === '/health') return { status: 200, json: { ok: true } };
    if (!this.isSetUp) return toPlace('/setup');
    if (path === '/setup') return toPlace('/login');
    const visitor = this.#sessions.get(
      /session=([^;]+)/.exec(call.headers.cookie ?? '')?.[1] ?? '',
    );
    if (path === '/login') return this.#login(call, visitor !== undefined, query);
    if (path === '/logout') return this.#logout(call);
    const place = /^\/api\/cluster-config(?:\/(\d+))?$/.exec(path);
    if (place === null) return { status: 404, html: PAGE };
    const number = place[1] === undefined ? null : Number(place[1]);
    const methods = number === null ? ['GET', 'POST'] : ['PUT', 'DELETE'];
    if (!methods.includes(call.method)) return { status: 405, html: PAGE };
    if (visitor === undefined) return toPlace(`/login?next=${encodeURIComponent(path)}`);
    if (!visitor.isAdmin) return typed(403, 'Forbidden', FORBIDDEN);
    return this.#config(call, number);
  }

  #config({ method, body }: PortalCall, number: number | null): Answer {
    if (method === 'GET') return { status: 200, json: { ok: true, clusters: this.#sorted() } };
    if (method === 'DELETE') return this.#delete(number ?? 0);
    let parsed: unknown;
    try {
      parsed = JSON.parse(body);
    } catch {
      return typed(400, 'BadRequest', NOT_UNDERSTOOD);
    }
    if (typeof parsed !== 'object' || parsed === null) {
      return typed(400, 'BadRequest', NOT_UNDERSTOOD);
    }
    const values: Body = Array.isArray(parsed) ? {} : { ...parsed };
    return number === null ? this.#create(values) : this.#update(number, values);
  }

  #login({ method, body }: PortalCall, isIn: boolean, query: string): Answer {
    if (method === 'GET') return isIn ? toPlace('/portal') : { status: 200, html: PAGE };
    const form = new URLSearchParams(body);
    const user = this.users.get(form.get('username') ?? '');
    if (user === undefined || user.password !== form.get('password')) {
      return { status: 200, html: PAGE };
    }
    const session = `eyJ${this.#nextSession++}`;
    this.#sessions.set(session, user);
    const cookie = `session=${session}; HttpOnly; Path=/; SameSite=Lax`;
    const next = new URLSearchParams(query).get('next') ?? '/portal';
    return { ...toPlace(next), headers: { location: next, 'set-cookie': cookie } };
  }

  #logout({ headers }: PortalCall): Answer {
    this.#sessions.delete(/session=([^;]+)/.exec(headers.cookie ?? '')?.[1] ?? '');
    const cookie = 'session=; Expires=Thu, 01 Jan 1970 00:00:00 GMT; Max-Age=0; Path=/';
    return { ...toPlace('/login'), headers: { location: '/login', 'set-cookie': cookie } };
  }

  #create(body: Body): Answer {
    if (!REQUIRED.every((name) => name in body)) {
      const listed = REQUIRED.map((name) => `'${name}'`).join(', ');
      return refused(400, `Missing required fields: [${listed}]`);
    }
    const id = String(body['cluster_id']);
    if (this.row(id) !== undefined) return refused(400, `Cluster ID '${id}' already exists`);
    const wrong = this.#sqlError('INSERT INTO clusters', body);
    if (wrong !== null) return wrong;
    // the database gives the number of a removed last row to the next one
    const number = Math.max(0, ...this.rows.map((row) => row.db_id)) + 1;
    const now = this.#now();
    const row: Row = { id, db_id: number, is_default: false, created_at: now, updated_at: now };
    for (const field of FIELDS) row[field] = body[field] ?? DEFAULTS[field] ?? null;
    for (const field of this.moreFields) row[field] = body[field] ?? null;
    if (row.is_default === true) this.#clearDefault(now);
    this.rows.push(row);
    this.hidden.set(number, {
      password: body['password'],
      iso_storage: body['iso_storage'] ?? null,
    });
    return { status: 200, json: saved('created', row) };
  }

  #update(number: number, body: Body): Answer {
    const row = this.rows.find((each) => each.db_id === number);
    if (row === undefined) return refused(404, 'Cluster not found');
    const wrong = this.#sqlError('UPDATE clusters', body);
    if (wrong !== null) return wrong;
    const now = this.#now();
    if (body['is_default'] === true) this.#clearDefault(now);
    for (const field of [...FIELDS, ...this.moreFields]) {
      if (field in body) row[field] = body[field];
    }
    row['updated_at'] = now;
    const hidden = this.hidden.get(number) ?? {};
    if ('iso_storage' in body) hidden['iso_storage'] = body['iso_storage'];
    if (body['password']) hidden['password'] = body['password'];
    return { status: 200, json: saved('updated', row) };
  }

  #delete(number: number): Answer {
    const index = this.rows.findIndex((row) => row.db_id === number);
    const row = this.rows[index];
    if (row === undefined) return refused(404, 'Cluster not found');
    if (this.rows.length === 1) return refused(400, 'Cannot delete the last cluster');
    this.rows.splice(index, 1);
    const message = `Cluster '${String(row['name'])}' deleted successfully`;
    return { status: 200, json: { ok: true, message } };
  }

  #sqlError(statement: string, body: Body): Answer | null {
    const flag = FLAGS.find((field) => field in body && typeof body[field] !== 'boolean');
    if (flag !== undefined) {
      const why = `(builtins.TypeError) Not a boolean value: '${String(body[flag])}'`;
      return refused(500, `${why}\n[SQL: ${statement}]\n[parameters: [${JSON.stringify(body)}]]`);
    }
    if (!('name' in body) || body['name'] !== null) return null;
    const why = '(sqlite3.IntegrityError) NOT NULL constraint failed: clusters.name';
    return refused(500, `${why}\n[SQL: ${statement}]\n[parameters: (${JSON.stringify(body)})]`);
  }

  #clearDefault(now: string): void {
    for (const row of this.rows) {
      if (row.is_default !== true) continue;
      row.is_default = false;
      row['updated_at'] = now;
    }
  }

  #sorted(): Row[] {
    return this.rows.toSorted(
      (a, b) =>
        Number(b['priority']) - Number(a['priority']) ||
        String(a['name']).localeCompare(String(b['name'])),
    );
  }

  /** naive UTC, never the same twice */
  #now(): string {
    this.#ticks += 1;
    return `2026-11-21T19:50:01.${String(this.#ticks).padStart(6, '0')}`;
  }
}

const FORBIDDEN =
  "403 Forbidden: You don't have the permission to access the requested resource. It is either read-protected or not readable by the server.";
const NOT_UNDERSTOOD =
  '400 Bad Request: The browser (or proxy) sent a request that this server could not understand.';

const toPlace = (location: string): Answer => ({ status: 302, html: PAGE, headers: { location } });
const refused = (status: number, error: string): Answer => ({ status, json: { ok: false, error } });
const typed = (status: number, type: string, error: string): Answer => ({
  status,
  json: { ok: false, error, type },
});
const saved = (what: string, cluster: Row) => ({
  ok: true,
  message: `Cluster ${what} successfully`,
  cluster: { ...cluster },
});

/** A portal on loopback over TLS. */
export interface RunningPortal {
  portal: LabPortal;
  url: string;
  fingerprint: string;
  close(): Promise<void>;
}

/** @param scheme `http` as small labs have it, with nothing protected */
export async function startPortal(
  portal: LabPortal = new LabPortal(),
  scheme: 'https' | 'http' = 'https',
): Promise<RunningPortal> {
  const { key, cert, fingerprint } = await makeCertificate();
  const answer = (request: IncomingMessage, response: ServerResponse) =>
    void serve(portal, request, response);
  const server =
    scheme === 'http' ? createPlainServer(answer) : createServer({ key, cert }, answer);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return {
    portal,
    url: `${scheme}://127.0.0.1:${address.port}`,
    fingerprint,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function serve(
  portal: LabPortal,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  let body = '';
  for await (const chunk of request.setEncoding('utf8')) body += String(chunk);
  const { method = '', url: path = '', headers } = request;
  const call = { method, path, body, headers };
  portal.calls.push(call);
  const fault = await portal.fault(call);
  if (fault === 'drop') return void response.destroy();
  if (fault === 'logOut') portal.logOutAll();
  if (typeof fault === 'object' && fault !== null) {
    return send(response, fault.status, fault.body, { 'content-type': fault.type ?? 'text/html' });
  }
  const { status, json, html = '', headers: more = {} } = portal.answer(call);
  if (fault === 'dropAfter') return void response.destroy();
  const type = json === undefined ? 'text/html; charset=utf-8' : 'application/json';
  const text = json === undefined ? html : `${JSON.stringify(json)}\n`;
  send(response, status, text, { 'content-type': type, ...more });
}

function send(
  response: ServerResponse,
  status: number,
  body: string,
  headers: Record<string, string>,
): void {
  response.writeHead(status, headers).end(body);
}
