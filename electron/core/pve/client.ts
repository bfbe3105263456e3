import type { Endpoint, VerifyMode } from '#shared/contract/clusters';
import type { TfaAnswer } from '#shared/contract/connection';
import { Failure, fail } from '#shared/contract/errors';
import { CallMeter } from '../net/call-meter';
import { type Answer, Carrier, type Load } from '../net/carrier';
import { abortFailure } from '../net/network-errors';
import { scrubber } from '../net/scrub';
import type { Method, WireTarget } from '../net/transport';
import { Turns } from '../net/turns';
import type { Clock } from '../ports';
import { readReply } from './answer';
import { encodeParams, encodePath, type Params } from './encode';
import { typedPaths } from './engine';
import type { Asked } from './errors';
import type { Authorization, PostTicket, Session } from './session';
import type { CallOptions, PveClient } from './types';

export interface ClientOptions {
  /** cluster_id that failures name */
  clusterId: string | null;
  endpoints: Endpoint[];
  verify: VerifyMode;
  trust: WireTarget['trust'];
  session: Session;
  clock: Clock;
}

/** A client that can also log in on purpose, for the connection test and second factors. */
export interface SessionClient extends PveClient {
  /** a fresh login; for a token, which has none, nothing is sent */
  logIn(factor: TfaAnswer | null, signal?: AbortSignal): Promise<void>;
}

const DEADLINE_MS = 35_000;
const MAX_BYTES = 32 * 1024 * 1024;
const AT_ONCE = 4;
const CLOSE_GRACE_MS = 2_000;
const LOGIN = '/access/ticket';

/** One cluster's client; nothing is sent before the first call. */
export function createClient(options: ClientOptions): SessionClient {
  return new Client(options);
}

class Client implements SessionClient {
  readonly #session: Session;
  readonly #clusterId: string | null;
  readonly #carrier: Carrier;
  readonly #turns = new Turns(AT_ONCE);
  readonly #meter: CallMeter;
  readonly #closed = new AbortController();

  constructor(options: ClientOptions) {
    this.#session = options.session;
    this.#meter = new CallMeter(options.clock);
    this.#clusterId = options.clusterId;
    this.#carrier = new Carrier(options, () => this.#meter.count());
  }

  api(options?: CallOptions) {
    return typedPaths(this.call.bind(this), options);
  }

  async call(
    method: Method,
    path: string,
    params: Params = {},
    options: CallOptions = {},
  ): Promise<Answer> {
    const deadline = AbortSignal.timeout(options.deadlineMs ?? DEADLINE_MS);
    const ends = [deadline, options.signal].filter((signal) => signal !== undefined);
    // a change that is on its way is let through; everything else ends with the client
    const signal = AbortSignal.any(method === 'GET' ? [...ends, this.#closed.signal] : ends);
    try {
      return await this.#turns.take(signal, () =>
        this.#authentic(method, path, params, signal, options.maxBytes ?? MAX_BYTES),
      );
    } catch (error) {
      throw this.#named(error);
    }
  }

  callsPerMinute(): number {
    return this.#meter.perMinute();
  }

  async answerTfa(answer: TfaAnswer): Promise<void> {
    await this.logIn(answer);
  }

  async logIn(factor: TfaAnswer | null, signal?: AbortSignal): Promise<void> {
    try {
      await this.#session.login(this.#post(signal), factor);
    } catch (error) {
      throw this.#named(error);
    }
  }

  async close(): Promise<void> {
    const remedy = 'Try again; the connection was closed.';
    this.#closed.abort(fail('ABORTED', { remedy }));
    await this.#carrier.close(CLOSE_GRACE_MS);
  }

  async #authentic(
    method: Method,
    path: string,
    params: Params,
    signal: AbortSignal,
    maxBytes: number,
  ): Promise<Answer> {
    for (let attempt = 1; ; attempt++) {
      const authorization = await unlessAborted(
        this.#session.authorize(this.#post(this.#closed.signal)),
        signal,
      );
      try {
        return await this.#send(method, path, params, authorization, signal, maxBytes);
      } catch (error) {
        if (!(error instanceof Failure) || error.code !== 'AUTH_FAILED') throw error;
        this.#session.refused(authorization.ticket);
        const canRepeat = method === 'GET' && authorization.kind === 'ticket';
        if (canRepeat && attempt === 1) continue;
        // a fresh ticket that is refused at once will not get better by logging in again
        if (canRepeat) this.#session.block(error);
        throw error;
      }
    }
  }

  #send(
    method: Method,
    path: string,
    params: Params,
    authorization: Authorization,
    signal: AbortSignal,
    maxBytes: number,
  ): Promise<Answer> {
    if (this.#closed.signal.aborted) throw abortFailure(this.#closed.signal.reason, '');
    const { headers, changeHeaders } = authorization;
    const changes = method !== 'GET';
    const inQuery = method === 'GET' || method === 'DELETE';
    const text = encodeParams(params);
    return this.#carrier.carry({
      method,
      ...written(encodePath(path), inQuery ? text : '', inQuery ? null : text),
      headers: headersOf(changes ? { ...headers, ...changeHeaders } : headers, !inQuery),
      read: reader(path, authorization.kind, scrubber(authorization.secrets)),
      repeatable: !changes,
      signal,
      maxBytes,
    });
  }

  /** Logins are shared by many calls, so none of their signals ends one. */
  #post(signal: AbortSignal = this.#closed.signal): PostTicket {
    return async (params, kind) => {
      const answer = await this.#carrier.carry({
        method: 'POST',
        ...written(LOGIN, '', encodeParams(params)),
        headers: headersOf({}, true),
        read: reader(LOGIN, kind, scrubber([params.password ?? '', params['tfa-challenge'] ?? ''])),
        // asking for a ticket changes nothing, but a second factor's code is used up
        repeatable: kind === 'password',
        signal: AbortSignal.any([signal, AbortSignal.timeout(DEADLINE_MS)]),
        maxBytes: MAX_BYTES,
      });
      return answer.data;
    };
  }

  #named(error: unknown): unknown {
    if (!(error instanceof Failure) || this.#clusterId === null) return error;
    return new Failure(error.code, { ...error.data, cluster: this.#clusterId }, error.message);
  }
}

function unlessAborted<Value>(work: Promise<Value>, signal: AbortSignal): Promise<Value> {
  const aborted = Promise.withResolvers<never>();
  const onAbort = () => aborted.reject(abortFailure(signal.reason, ''));
  if (signal.aborted) onAbort();
  signal.addEventListener('abort', onAbort, { once: true });
  return Promise.race([work, aborted.promise]).finally(() =>
    signal.removeEventListener('abort', onAbort),
  );
}

/** Where and with what body a request goes. */
function written(path: string, query: string, body: string | null): Pick<Load, 'path' | 'body'> {
  return { path: `/api2/json${path}${query === '' ? '' : `?${query}`}`, body };
}

function headersOf(headers: Record<string, string>, hasBody: boolean): Record<string, string> {
  return {
    ...headers,
    accept: 'application/json',
    'accept-encoding': 'gzip',
    'user-agent': 'clusterdeck',
    ...(hasBody ? { 'content-type': 'application/x-www-form-urlencoded' } : {}),
  };
}

/** Failures name the path as it was asked for, without its query. */
function reader(path: string, kind: Asked['kind'], scrub: Asked['scrub']): Load['read'] {
  return (reply, endpoint) => readReply(reply, { endpoint, path: encodePath(path), kind, scrub });
}
