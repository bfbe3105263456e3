import type { SecureContext } from 'node:tls';
import { z } from 'zod';
import type { VerifyMode } from '#shared/contract/clusters';
import { type Failure, fail } from '#shared/contract/errors';
import type { Remote } from '#shared/contract/remotes';
import { type Method, openWire, type Wire, WireError, type WireReply } from '../net/transport';
import { loginRefused, notUnderstood, refusal, remoteFailure, unknownEnd } from './portal-failures';

/** Where a remote is and who this desk is there. */
export interface PortalTarget {
  url: string;
  auth: Remote['auth'];
  user: string | null;
  verify: VerifyMode;
  pin: string | null;
  /** opened for the moment of a login or request; @throws Failure VAULT_LOCKED | VAULT_UNAVAILABLE */
  secret(): Promise<string | null>;
  /** what `ca` verifies against */
  trust: () => SecureContext;
}

/** What a request may say: values under the API's keys. */
export type PortalBody = Readonly<Record<string, unknown>>;

const CONFIG = '/api/cluster-config';
const DEADLINE_MS = 30_000;
/** 10,000 clusters of a few kB each */
const MAX_LIST_BYTES = 32 * 1024 * 1024;
const MAX_ANSWER_BYTES = 1024 * 1024;
const MAX_RECORDS = 10_000;

const listAnswer = z.object({ ok: z.literal(true), clusters: z.array(z.unknown()) });
const changeAnswer = z.object({ ok: z.literal(true), cluster: z.unknown().optional() });
const errorAnswer = z.object({ error: z.string() });

/**
 * Speaks `/api/cluster-config` to one remote. A login is made when it is needed and lasts until the
 * remote ends it. A change is sent at most once; where its end is unknown the failure says so.
 */
export class PortalClient {
  /** requests sent so far */
  requests = 0;
  /** false where the remote said, with its list, that it keeps no passwords and refuses them */
  takesSecrets = true;
  readonly #target: PortalTarget;
  readonly #wire: Wire;
  readonly #base: URL;
  readonly #cookies = new Map<string, string>();

  constructor(target: PortalTarget) {
    this.#target = target;
    this.#base = new URL(target.url);
    this.#wire = openWire({
      endpoint: { ...addressOf(this.#base), pin: target.pin },
      verify: target.verify,
      trust: target.trust,
      isPlain: this.#base.protocol === 'http:',
    });
  }

  /** Everything the remote has, each record as it came. @throws Failure */
  async list(signal: AbortSignal): Promise<unknown[]> {
    const reply = await this.#call('GET', CONFIG, null, signal);
    this.takesSecrets = reply.headers['x-clusterdeck-secrets'] !== 'none';
    const parsed = listAnswer.safeParse(jsonOf(reply));
    if (!parsed.success) {
      throw notUnderstood(this.#wire.label, 'The remote did not answer with its clusters.');
    }
    if (parsed.data.clusters.length > MAX_RECORDS) {
      const remedy = `At most ${MAX_RECORDS} clusters can be kept in step.`;
      throw fail('RESPONSE_TOO_LARGE', { remedy, endpoint: this.#wire.label });
    }
    return parsed.data.clusters;
  }

  /** @returns the record as the remote says it is now; @throws Failure, see the class */
  create(body: PortalBody, signal: AbortSignal): Promise<unknown> {
    return this.#change('POST', CONFIG, body, signal);
  }

  /** Changes what the body names. */
  update(number: number, body: PortalBody, signal: AbortSignal): Promise<unknown> {
    return this.#change('PUT', `${CONFIG}/${number}`, body, signal);
  }

  async remove(number: number, signal: AbortSignal): Promise<void> {
    await this.#change('DELETE', `${CONFIG}/${number}`, null, signal);
  }

  /** Makes a session where one is needed; a token or nobody has none. @throws Failure AUTH_FAILED | ... */
  async logIn(signal: AbortSignal): Promise<void> {
    const { auth, user } = this.#target;
    if (auth !== 'login') return;
    const secret = await this.#target.secret();
    if (secret === null) {
      const remedy = 'Enter the password of this remote.';
      throw fail('SECRET_MISSING', { remedy }, 'No password is stored for this remote.');
    }
    this.#cookies.clear();
    const form = new URLSearchParams({ username: user ?? '', password: secret });
    const reply = await this.#read('POST', '/login', {
      body: form.toString(),
      type: 'application/x-www-form-urlencoded',
      signal,
      // a repeated login does no harm, but one attempt is one attempt for whoever counts them
      again: false,
    });
    // a wrong password brings the form once more, with 200
    if (reply.status === 200 || reply.status === 401) throw loginRefused(this.#wire.label);
    if (!isRedirect(reply)) throw refusal(reply.status, errorOf(reply), this.#wire.label);
    const place = this.#placeOf(reply);
    if (place === 'setup') throw this.#notSetUp();
    if (place === 'login' || this.#cookies.size === 0) throw loginRefused(this.#wire.label);
  }

  async close(): Promise<void> {
    this.#cookies.clear();
    await this.#wire.close(0);
  }

  async #change(
    method: Method,
    path: string,
    body: PortalBody | null,
    signal: AbortSignal,
  ): Promise<unknown> {
    const reply = await this.#call(
      method,
      path,
      body === null ? null : JSON.stringify(body),
      signal,
    );
    const parsed = changeAnswer.safeParse(jsonOf(reply));
    if (parsed.success) return parsed.data.cluster;
    throw unknownEnd(notUnderstood(this.#wire.label, 'The answer to a change made no sense.'));
  }

  /** One call as whoever this desk is there; a session that ended is made anew once. */
  async #call(
    method: Method,
    path: string,
    body: string | null,
    signal: AbortSignal,
  ): Promise<WireReply> {
    const { auth } = this.#target;
    let isFresh = false;
    if (auth === 'login' && this.#cookies.size === 0) {
      await this.logIn(signal);
      isFresh = true;
    }
    const request = { body, type: 'application/json', signal, again: method === 'GET' };
    let reply = await this.#read(method, path, request);
    // sent away before anything was done, so that sending it again repeats nothing
    if (this.#isSentToLogin(reply) && auth === 'login' && !isFresh) {
      await this.logIn(signal);
      reply = await this.#read(method, path, request);
    }
    if (reply.status >= 200 && reply.status < 300) return reply;
    throw this.#refused(reply, method);
  }

  #refused(reply: WireReply, method: Method): Failure {
    const { label } = this.#wire;
    if (isRedirect(reply)) {
      const place = this.#placeOf(reply);
      if (place === 'setup') return this.#notSetUp();
      if (place === 'login') return loginRefused(label);
      return notUnderstood(label, `The remote sends us on to ${place}.`);
    }
    if (reply.status === 401) return loginRefused(label);
    if (reply.status === 404 && method !== 'GET' && errorOf(reply) === 'Cluster not found') {
      const remedy = 'Sync again to see what happened to it.';
      return fail('NOT_FOUND', { remedy, endpoint: label }, 'The cluster is not there any more.');
    }
    const failure = refusal(reply.status, errorOf(reply), label);
    return reply.status >= 500 && method !== 'GET' ? unknownEnd(failure) : failure;
  }

  #notSetUp(): Failure {
    const remedy = 'Open the remote in a browser and finish its first run.';
    return fail(
      'UNSUPPORTED',
      { remedy, endpoint: this.#wire.label },
      'The remote is not set up yet.',
    );
  }

  #isSentToLogin(reply: WireReply): boolean {
    return isRedirect(reply) && this.#placeOf(reply) === 'login';
  }

  /** Where a redirect leads: to a place of the portal, or to an address without its query. */
  #placeOf(reply: WireReply): string {
    const target = URL.parse(reply.headers['location'] ?? '', this.#base.href);
    if (target === null) return 'nowhere';
    const own = target.origin === this.#base.origin;
    if (own && target.pathname === this.#path('/login')) return 'login';
    if (own && target.pathname === this.#path('/setup')) return 'setup';
    return `${target.origin}${target.pathname}`.slice(0, 200);
  }

  #path(path: string): string {
    return `${this.#base.pathname.replace(/\/+$/, '')}${path}`;
  }

  /** Sends one request and keeps the cookies of its answer. */
  async #read(
    method: Method,
    path: string,
    request: { body: string | null; type: string; signal: AbortSignal; again: boolean },
  ): Promise<WireReply> {
    const { body, type, signal, again } = request;
    const wire = {
      method,
      path: this.#path(path),
      headers: await this.#headers(body === null ? null : type),
      body,
      signal: AbortSignal.any([signal, AbortSignal.timeout(DEADLINE_MS)]),
      maxBytes: method === 'GET' ? MAX_LIST_BYTES : MAX_ANSWER_BYTES,
    };
    try {
      this.requests += 1;
      const reply = await this.#wire.send(wire).catch((error: unknown) => {
        // a kept connection may have ended unnoticed: reading tries a new one
        const isStale = error instanceof WireError && error.failure.code === 'UNREACHABLE';
        if (!again || !isStale || !error.sent) throw error;
        this.requests += 1;
        return this.#wire.send(wire);
      });
      this.#keepCookies(reply.headers['set-cookie'] ?? '');
      return reply;
    } catch (error) {
      if (!(error instanceof WireError)) throw error;
      const failure = remoteFailure(error.failure);
      const isChange = method !== 'GET' && path !== '/login';
      throw error.sent && isChange ? unknownEnd(failure) : failure;
    }
  }

  async #headers(type: string | null): Promise<Record<string, string>> {
    const cookies = [...this.#cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    const token = this.#target.auth === 'token' ? await this.#target.secret() : null;
    return {
      accept: 'application/json',
      'accept-encoding': 'gzip',
      'user-agent': 'clusterdeck',
      ...(type === null ? {} : { 'content-type': type }),
      ...(cookies === '' ? {} : { cookie: cookies }),
      ...(token === null ? {} : { authorization: `Bearer ${token}` }),
    };
  }

  /** Several cookies stand in one line, parted by commas; dates have commas too, but no `=` after. */
  #keepCookies(line: string): void {
    for (const [, name = '', value = ''] of line.matchAll(/(?:^|,)\s*([^\s=;,]+)=([^;,]*)/g)) {
      if (value === '') this.#cookies.delete(name);
      else if (this.#target.auth === 'login') this.#cookies.set(name, value);
    }
  }
}

/** Host and port of a remote's address. */
export function addressOf(url: URL): { host: string; port: number } {
  const usual = url.protocol === 'http:' ? 80 : 443;
  const host = url.hostname.replace(/^\[|\]$/g, '');
  return { host, port: url.port === '' ? usual : Number(url.port) };
}

const isRedirect = ({ status }: WireReply) => [301, 302, 303, 307, 308].includes(status);

function jsonOf({ body }: WireReply): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}

/** For telling refusals apart; never to be shown. */
function errorOf(reply: WireReply): string {
  const parsed = errorAnswer.safeParse(jsonOf(reply));
  return parsed.success ? parsed.data.error : '';
}
