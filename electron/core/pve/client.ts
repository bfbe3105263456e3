import PQueue from 'p-queue';
import type { Endpoint, VerifyMode } from '#shared/contract/clusters';
import type { TfaAnswer } from '#shared/contract/connection';
import { Failure, fail } from '#shared/contract/errors';
import type { Clock } from '../ports';
import { Carrier } from './carrier';
import { encodeParams, encodePath, type Params } from './encode';
import { typedPaths } from './engine';
import { abortFailure } from './network-errors';
import { scrubber } from './scrub';
import type { Authorization, PostTicket, Session } from './session';
import type { Method, WireTarget } from './transport';
import type { Answer, CallOptions, PveClient } from './types';

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

/** One cluster's client; nothing is sent before the first call. */
export function createClient(options: ClientOptions): SessionClient {
  return new Client(options);
}

class Client implements SessionClient {
  readonly #session: Session;
  readonly #clock: Clock;
  readonly #clusterId: string | null;
  readonly #carrier: Carrier;
  readonly #queue = new PQueue({ concurrency: AT_ONCE });
  readonly #closed = new AbortController();
  #sentAt: number[] = [];

  constructor(options: ClientOptions) {
    this.#session = options.session;
    this.#clock = options.clock;
    this.#clusterId = options.clusterId;
    this.#carrier = new Carrier(options, () => this.#count());
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
      return await this.#inTurn(signal, () =>
        this.#authentic(method, path, params, signal, options.maxBytes ?? MAX_BYTES),
      );
    } catch (error) {
      throw this.#named(error);
    }
  }

  callsPerMinute(): number {
    this.#sentAt = this.#sentAt.filter((at) => at > this.#clock.now() - 60_000);
    return this.#sentAt.length;
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

  /** Waits for one of the cluster's places; giving up while waiting sends nothing. */
  async #inTurn<Result>(signal: AbortSignal, run: () => Promise<Result>): Promise<Result> {
    const waiting = new AbortController();
    const giveUp = () => waiting.abort(abortFailure(signal.reason, ''));
    if (signal.aborted) giveUp();
    signal.addEventListener('abort', giveUp, { once: true });
    const result = this.#queue.add(
      () => {
        signal.removeEventListener('abort', giveUp);
        return run();
      },
      { signal: waiting.signal },
    );
    return await result.finally(() => signal.removeEventListener('abort', giveUp));
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
      path: encodePath(path),
      query: inQuery ? text : '',
      body: inQuery ? null : text,
      headers: changes ? { ...headers, ...changeHeaders } : headers,
      kind: authorization.kind,
      scrub: scrubber(authorization.secrets),
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
        path: '/access/ticket',
        query: '',
        body: encodeParams(params),
        headers: {},
        kind,
        scrub: scrubber([params.password ?? '', params['tfa-challenge'] ?? '']),
        // asking for a ticket changes nothing, but a second factor's code is used up
        repeatable: kind === 'password',
        signal: AbortSignal.any([signal, AbortSignal.timeout(DEADLINE_MS)]),
        maxBytes: MAX_BYTES,
      });
      return answer.data;
    };
  }

  #count(): void {
    const now = this.#clock.now();
    this.#sentAt.push(now);
    if (this.#sentAt.length > 1000) this.#sentAt = this.#sentAt.filter((at) => at > now - 60_000);
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
