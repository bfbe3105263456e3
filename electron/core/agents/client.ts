import type { Endpoint, VerifyMode } from '#shared/contract/clusters';
import { Failure, fail } from '#shared/contract/errors';
import { CallMeter } from '../net/call-meter';
import { type Answer, Carrier, type Load } from '../net/carrier';
import { abortFailure } from '../net/network-errors';
import { scrubber } from '../net/scrub';
import type { Method, WireTarget } from '../net/transport';
import { Turns } from '../net/turns';
import type { Clock } from '../ports';
import { agentFailure, badAnswer, headFailure, readAgentReply } from './answer';
import { EventStream } from './event-stream';
import type { AgentCall, AgentClient, AgentEvents } from './types';

export interface AgentClientOptions {
  /** cluster_id that failures name */
  clusterId: string | null;
  endpoints: Endpoint[];
  verify: VerifyMode;
  trust: WireTarget['trust'];
  /** opened for the moment of a call; @throws Failure SECRET_MISSING | VAULT_LOCKED | VAULT_UNAVAILABLE */
  token(): Promise<string>;
  clock: Clock;
}

const DEADLINE_MS = 15_000;
const MAX_BYTES = 32 * 1024 * 1024;
const AT_ONCE = 4;
const CLOSE_GRACE_MS = 2_000;
/** An agent says something at least every 15 s; after this the connection is dead. */
const SILENCE_MS = 50_000;
/** What a bearer token may look like (RFC 6750); anything else could break out of its header. */
const TOKEN = /^[A-Za-z0-9._~+/=-]{1,512}$/;

/** One cluster's client; nothing is sent before the first call. */
export function createAgentClient(options: AgentClientOptions): AgentClient {
  return new Client(options);
}

class Client implements AgentClient {
  readonly #options: AgentClientOptions;
  readonly #carrier: Carrier;
  readonly #turns = new Turns(AT_ONCE);
  readonly #meter: CallMeter;
  readonly #closed = new AbortController();

  constructor(options: AgentClientOptions) {
    this.#options = options;
    this.#meter = new CallMeter(options.clock);
    this.#carrier = new Carrier(options, () => this.#meter.count());
  }

  get(path: string, options: AgentCall = {}): Promise<Answer> {
    return this.#call('GET', path, null, options);
  }

  post(path: string, body: object, options: AgentCall = {}): Promise<Answer> {
    return this.#call('POST', path, JSON.stringify(body), options);
  }

  delete(path: string, options: AgentCall = {}): Promise<Answer> {
    return this.#call('DELETE', path, null, options);
  }

  async events(
    onEvent: (data: unknown) => void,
    signal: AbortSignal,
    { path = '/api/v1/events', silenceMs = SILENCE_MS, maxChars }: AgentEvents = {},
  ): Promise<void> {
    const token = await this.#token();
    const silence = new Silence(this.#options.clock, silenceMs);
    const broken = new AbortController();
    const ends = AbortSignal.any([signal, this.#closed.signal, silence.signal, broken.signal]);
    const events = new EventStream((data) => onEvent(parsed(data)), maxChars);
    const headers = { ...headersOf(token, false), accept: 'text/event-stream' };
    try {
      await this.#carrier.stream(
        { path, headers, signal: ends },
        (head) => headFailure(head, ''),
        (chunk) => {
          silence.heard();
          if (!events.push(chunk)) broken.abort(badAnswer('The events make no sense.', ''));
        },
      );
    } catch (error) {
      if (!signal.aborted) throw this.#named(error);
    } finally {
      silence.end();
    }
  }

  callsPerMinute(): number {
    return this.#meter.perMinute();
  }

  async close(): Promise<void> {
    this.#closed.abort(fail('ABORTED', { remedy: 'Try again; the connection was closed.' }));
    await this.#carrier.close(CLOSE_GRACE_MS);
  }

  async #call(
    method: Method,
    path: string,
    body: string | null,
    options: AgentCall,
  ): Promise<Answer> {
    const deadline = AbortSignal.timeout(options.deadlineMs ?? DEADLINE_MS);
    const ends = [deadline, options.signal].filter((signal) => signal !== undefined);
    // a change that is on its way is let through; everything else ends with the client
    const signal = AbortSignal.any(method === 'GET' ? [...ends, this.#closed.signal] : ends);
    try {
      return await this.#turns.take(signal, async () => {
        const token = await this.#token();
        if (this.#closed.signal.aborted) throw abortFailure(this.#closed.signal.reason, '');
        const maxBytes = options.maxBytes ?? MAX_BYTES;
        return await this.#carrier.carry({
          ...this.#load(token, method, path, body),
          repeatable: method === 'GET' || options.onlyLooks === true,
          signal,
          maxBytes,
        });
      });
    } catch (error) {
      throw this.#named(error);
    }
  }

  #load(
    token: string,
    method: Method,
    path: string,
    body: string | null,
  ): Omit<Load, 'signal' | 'maxBytes' | 'repeatable'> {
    const scrub = scrubber([token]);
    return {
      method,
      path,
      body,
      headers: headersOf(token, body !== null),
      read: (reply, endpoint) => readAgentReply(reply, endpoint, scrub),
    };
  }

  async #token(): Promise<string> {
    const token = (await this.#options.token()).trim();
    if (TOKEN.test(token)) return token;
    throw fail(
      'AUTH_FAILED',
      { remedy: 'Enter it as "node-agent token create" printed it.' },
      'This is no token of a node agent.',
    );
  }

  #named(error: unknown): unknown {
    if (!(error instanceof Failure)) return error;
    const { code, data, message } = agentFailure(error);
    const { clusterId } = this.#options;
    return new Failure(code, clusterId === null ? data : { ...data, cluster: clusterId }, message);
  }
}

/** Ends a connection on which nothing was heard for long. */
class Silence {
  readonly #clock: Clock;
  readonly #silent = new AbortController();
  readonly #ended = new AbortController();
  readonly #patienceMs: number;
  #heardAt: number;

  constructor(clock: Clock, patienceMs: number) {
    this.#clock = clock;
    this.#patienceMs = patienceMs;
    this.#heardAt = clock.now();
    void this.#watch().catch(() => undefined);
  }

  get signal(): AbortSignal {
    return this.#silent.signal;
  }

  heard(): void {
    this.#heardAt = this.#clock.now();
  }

  end(): void {
    this.#ended.abort();
  }

  async #watch(): Promise<void> {
    for (;;) {
      const left = this.#heardAt + this.#patienceMs - this.#clock.now();
      if (left <= 0) break;
      await this.#clock.sleep(left, this.#ended.signal);
    }
    this.#silent.abort(fail('TIMEOUT', { remedy: 'It is listened to again soon.' }));
  }
}

function headersOf(token: string, hasBody: boolean): Record<string, string> {
  return {
    authorization: `Bearer ${token}`,
    accept: 'application/json',
    'accept-encoding': 'gzip',
    'user-agent': 'clusterdeck',
    ...(hasBody ? { 'content-type': 'application/json' } : {}),
  };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
