import { createSecureContext } from 'node:tls';
import { buildConnector, Pool } from 'undici';
import { z } from 'zod';
import { fail } from '#shared/contract/errors';
import type { Clock } from '../../ports';
import { aborted, unknownOutcome } from '../failures';
import { refusal } from './codec';
import { garbageError, MemberError, networkError, refusalError } from './errors';

/** What this node shows and trusts when it talks to etcd, in PEM. */
export interface EtcdTls {
  ca: string;
  cert: string;
  key: string;
}

export interface TransportOptions {
  /** as `https://10.77.1.1:2379`, nearest first; asked anew for each call */
  endpoints: () => readonly string[];
  tls: EtcdTls;
  clock: Clock;
  /** of one attempt at one member; default 2,500 */
  attemptMs?: number;
}

export interface Call<T> {
  path: string;
  body: object;
  schema: z.ZodType<T>;
  signal?: AbortSignal | undefined;
}

/** A member without a leader answers at once instead of letting the call wait. */
const HEADERS = { 'content-type': 'application/json', 'grpc-metadata-hasleader': 'true' };
const STALE_HEADERS = { 'content-type': 'application/json' };
const ATTEMPT_MS = 2_500;
const CONNECT_MS = 1_500;
/** a member that failed is asked last for that long */
const SHUN_MS = 5_000;
/** the kernel then finds a dead link within about 13 s, also under a silent watch */
const KEEP_ALIVE_PROBE_MS = 3_000;
const MAX_ANSWER_BYTES = 64 * 1024 * 1024;

/** Calls etcd's JSON gateway over mutual TLS; reads fail over, changes are sent at most once. */
export class EtcdTransport {
  readonly #options: TransportOptions;
  readonly #pools = new Map<string, Pool>();
  readonly #failedAt = new Map<string, number>();
  readonly #closing = new AbortController();

  constructor(options: TransportOptions) {
    this.#options = options;
  }

  /** @throws Failure of the last member asked, NO_QUORUM where any spoke of it */
  async read<T>(call: Call<T>, options: { isStale?: boolean } = {}): Promise<T> {
    const headers = options.isStale === true ? STALE_HEADERS : HEADERS;
    return await this.#eachMember(
      call.signal,
      (error) => !error.isFinal,
      (endpoint) => this.#ask(endpoint, call, headers),
    );
  }

  /**
   * Sent again only where the first surely did nothing.
   * @throws Failure with outcome `unknown` where it may have been done
   */
  async write<T>(call: Call<T>): Promise<T> {
    return await this.#eachMember(
      call.signal,
      (error) => error.isUndone,
      async (endpoint) => {
        try {
          return await this.#ask(endpoint, call, HEADERS);
        } catch (error) {
          if (!(error instanceof MemberError) || error.isUndone || error.isFinal) throw error;
          throw new MemberError(unknownOutcome(error.failure), 'unknown');
        }
      },
    );
  }

  /** One member only. @throws MemberError */
  async ask<T>(endpoint: string, call: Call<T>): Promise<T> {
    return await this.#ask(endpoint, call, STALE_HEADERS);
  }

  /**
   * A stream of JSON lines from the first member that begins one within the attempt's time.
   * @throws Failure when it breaks off; ends quietly when the signal aborts
   */
  async *stream<T>(call: Call<T> & { signal: AbortSignal }): AsyncGenerator<T> {
    const over = new AbortController();
    const signal = AbortSignal.any([call.signal, over.signal, this.#closing.signal]);
    try {
      const { endpoint, first, lines } = await this.#eachMember(
        call.signal,
        (error) => !error.isFinal,
        async (at) => await this.#begin(at, call, signal),
      );
      try {
        yield first;
        for await (const line of lines) yield parseLine(endpoint, line, call.schema);
      } catch (error) {
        if (call.signal.aborted) return;
        throw networkError(endpoint, error, false).failure;
      }
      if (!call.signal.aborted) {
        throw networkError(endpoint, new Error('the stream ended'), false).failure;
      }
    } catch (error) {
      if (!call.signal.aborted) throw error;
    } finally {
      over.abort();
    }
  }

  async close(): Promise<void> {
    this.#closing.abort(aborted());
    await Promise.all([...this.#pools.values()].map((pool) => pool.destroy()));
  }

  async #eachMember<T>(
    signal: AbortSignal | undefined,
    mayGoOn: (error: MemberError) => boolean,
    attempt: (endpoint: string) => Promise<T>,
  ): Promise<T> {
    let told: MemberError | null = null;
    for (const endpoint of this.#order()) {
      if (this.#isOver(signal)) throw aborted();
      try {
        const answer = await attempt(endpoint);
        this.#failedAt.delete(endpoint);
        return answer;
      } catch (error) {
        if (this.#isOver(signal)) throw aborted();
        if (!(error instanceof MemberError)) throw error;
        if (!error.isFinal) this.#failedAt.set(endpoint, this.#options.clock.monotonic());
        if (told === null || weight(error) > weight(told)) told = error;
        if (!mayGoOn(error)) throw error.failure;
      }
    }
    throw told?.failure ?? fail('UNREACHABLE', { remedy: 'Wait until this node has joined.' });
  }

  #isOver(signal: AbortSignal | undefined): boolean {
    return signal?.aborted === true || this.#closing.signal.aborted;
  }

  #order(): string[] {
    const now = this.#options.clock.monotonic();
    const isShunned = (endpoint: string) =>
      Number(now - (this.#failedAt.get(endpoint) ?? Number.NEGATIVE_INFINITY) < SHUN_MS);
    return this.#options.endpoints().toSorted((a, b) => isShunned(a) - isShunned(b));
  }

  async #ask<T>(endpoint: string, call: Call<T>, headers: Record<string, string>): Promise<T> {
    const deadline = AbortSignal.timeout(this.#options.attemptMs ?? ATTEMPT_MS);
    const signals = [deadline, this.#closing.signal, ...(call.signal ? [call.signal] : [])];
    const { status, body } = await this.#send(endpoint, call, headers, AbortSignal.any(signals));
    const chunks: Buffer[] = [];
    try {
      let size = 0;
      for await (const chunk of body) {
        size += chunk.length;
        if (size > MAX_ANSWER_BYTES) throw garbageError(endpoint);
        chunks.push(chunk);
      }
    } catch (error) {
      throw networkError(endpoint, error, false);
    }
    return parse(endpoint, status, Buffer.concat(chunks).toString(), call.schema);
  }

  async #begin<T>(endpoint: string, call: Call<T>, signal: AbortSignal) {
    const late = new AbortController();
    const timer = setTimeout(
      () => late.abort(new DOMException('no answer', 'TimeoutError')),
      this.#options.attemptMs ?? ATTEMPT_MS,
    );
    try {
      const until = AbortSignal.any([signal, late.signal]);
      const { status, body } = await this.#send(endpoint, call, HEADERS, until);
      const lines = linesOf(endpoint, body);
      const line = await lines.next();
      if (line.done === true) throw garbageError(endpoint);
      if (status !== 200) parse(endpoint, status, line.value, call.schema);
      return { endpoint, first: parseLine(endpoint, line.value, call.schema), lines };
    } catch (error) {
      throw networkError(endpoint, error, false);
    } finally {
      clearTimeout(timer);
    }
  }

  async #send<T>(
    endpoint: string,
    call: Call<T>,
    headers: Record<string, string>,
    signal: AbortSignal,
  ): Promise<{ status: number; body: AsyncIterable<Buffer> }> {
    try {
      const answer = await this.#pool(endpoint).request({
        method: 'POST',
        path: call.path,
        headers,
        body: JSON.stringify(call.body),
        signal,
        headersTimeout: 0,
        bodyTimeout: 0,
      });
      return { status: answer.statusCode, body: answer.body };
    } catch (error) {
      if (error instanceof ConnectError) throw networkError(endpoint, error.cause, true);
      throw networkError(endpoint, error, false);
    }
  }

  #pool(endpoint: string): Pool {
    const known = this.#pools.get(endpoint);
    if (known !== undefined) return known;
    const { ca, cert, key } = this.#options.tls;
    const connect = buildConnector({
      allowH2: false,
      timeout: CONNECT_MS,
      keepAlive: true,
      keepAliveInitialDelay: KEEP_ALIVE_PROBE_MS,
      rejectUnauthorized: true,
      secureContext: createSecureContext({ ca, cert, key }),
    });
    const pool = new Pool(endpoint, {
      pipelining: 1,
      allowH2: false,
      connect: (options, callback) =>
        connect(options, (...[error, socket]) =>
          error === null ? callback(null, socket) : callback(new ConnectError(error), null),
        ),
    });
    this.#pools.set(endpoint, pool);
    return pool;
  }
}

/** That there is no quorum says more than silence, and silence more than a closed port. */
function weight(error: MemberError): number {
  if (error.failure.code === 'NO_QUORUM') return 2;
  return error.isUndone ? 0 : 1;
}

/** The connection itself was not made: no byte of any request was sent. */
class ConnectError extends Error {
  constructor(cause: Error) {
    super(cause.message, { cause });
  }
}

function parse<T>(endpoint: string, status: number, text: string, schema: z.ZodType<T>): T {
  const json = parseJson(endpoint, text);
  if (status !== 200) {
    const known = refusal.safeParse(json);
    if (!known.success) throw garbageError(endpoint);
    const { error } = known.data;
    throw refusalError(endpoint, status, typeof error === 'string' ? error : error.message);
  }
  const answer = schema.safeParse(json);
  if (!answer.success) throw garbageError(endpoint);
  return answer.data;
}

function parseLine<T>(endpoint: string, line: string, schema: z.ZodType<T>): T {
  const failed = refusal.safeParse(parseJson(endpoint, line));
  return parse(endpoint, failed.success ? 500 : 200, line, schema);
}

function parseJson(endpoint: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw garbageError(endpoint);
  }
}

async function* linesOf(endpoint: string, body: AsyncIterable<Buffer>): AsyncGenerator<string> {
  let rest = Buffer.alloc(0);
  for await (const chunk of body) {
    rest = Buffer.concat([rest, chunk]);
    if (rest.length > MAX_ANSWER_BYTES) throw garbageError(endpoint);
    for (let end = rest.indexOf(10); end >= 0; end = rest.indexOf(10)) {
      yield rest.subarray(0, end).toString();
      rest = rest.subarray(end + 1);
    }
  }
  // a refusal comes without a line's end
  if (rest.length > 0) yield rest.toString();
}
