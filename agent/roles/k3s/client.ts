import { createSecureContext } from 'node:tls';
import { buildConnector, Pool } from 'undici';
import type { KubeAccess } from './access';
import { garbage, networkFailure, refusal, tooLarge } from './errors';

export interface KubeRequest {
  /** a PATCH is a merge patch: https://www.rfc-editor.org/rfc/rfc7386 */
  method?: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** with the query, as `/api/v1/pods?limit=500` */
  path: string;
  body?: unknown;
  /** over the whole answer; default 5,000 */
  deadlineMs?: number;
  signal?: AbortSignal;
}

export interface KubeAnswer {
  status: number;
  headers: Record<string, string | string[] | undefined>;
  text: string;
}

const DEADLINE_MS = 5_000;
const CONNECT_MS = 3_000;
const MAX_ANSWER_BYTES = 32 * 1024 * 1024;
const MAX_LINE_BYTES = 4 * 1024 * 1024;

/**
 * The Kubernetes API as far as an agent needs it, over mutual TLS. Small on purpose: the official
 * client takes 50 MB of memory more, which is more than the rest of the agent.
 * No request is ever repeated.
 */
export class KubeClient {
  readonly #server: string;
  readonly #pool: Pool;
  readonly #closing = new AbortController();

  constructor({ server, ca, cert, key }: KubeAccess) {
    this.#server = server;
    this.#pool = new Pool(new URL(server).origin, {
      connections: 4,
      pipelining: 1,
      allowH2: false,
      connect: buildConnector({
        allowH2: false,
        timeout: CONNECT_MS,
        rejectUnauthorized: true,
        secureContext: createSecureContext({ ca, cert, key }),
      }),
    });
  }

  /** Whatever the status. @throws Failure of the transport */
  async ask(request: KubeRequest): Promise<KubeAnswer> {
    const deadline = AbortSignal.timeout(request.deadlineMs ?? DEADLINE_MS);
    const signal = this.#signal(request.signal, deadline);
    try {
      const answer = await this.#send(request, signal);
      const chunks: Buffer[] = [];
      let bytes = 0;
      for await (const chunk of answer.body) {
        const part = Buffer.from(chunk);
        bytes += part.length;
        if (bytes > MAX_ANSWER_BYTES) throw tooLarge(this.#server);
        chunks.push(part);
      }
      const text = Buffer.concat(chunks).toString('utf8');
      return { status: answer.statusCode, headers: answer.headers, text };
    } catch (error) {
      throw networkFailure(this.#server, error, signal);
    }
  }

  /** @returns parsed JSON of a 2xx answer. @throws Failure by what the server said otherwise */
  async json(request: KubeRequest): Promise<unknown> {
    const answer = await this.ask(request);
    if (answer.status < 200 || answer.status > 299) throw refusal(this.#server, answer);
    return parsed(this.#server, answer.text);
  }

  /**
   * The lines of a watch, parsed, until the server ends it or nothing comes for `idleMs`.
   * @throws Failure also when it breaks off; ends quietly when the signal aborts
   */
  async *lines(request: KubeRequest & { idleMs: number; signal: AbortSignal }) {
    const idle = new AbortController();
    const late = () => idle.abort(new DOMException('nothing came', 'TimeoutError'));
    let timer = setTimeout(late, request.deadlineMs ?? DEADLINE_MS);
    const signal = this.#signal(request.signal, idle.signal);
    try {
      const answer = await this.#send(request, signal);
      if (answer.statusCode !== 200) {
        const { statusCode: status, body } = answer;
        throw refusal(this.#server, { status, text: await body.text() });
      }
      let rest = Buffer.alloc(0);
      for await (const chunk of answer.body) {
        clearTimeout(timer);
        timer = setTimeout(late, request.idleMs);
        rest = Buffer.concat([rest, Buffer.from(chunk)]);
        for (let end = rest.indexOf(10); end >= 0; end = rest.indexOf(10)) {
          yield parsed(this.#server, rest.subarray(0, end).toString('utf8'));
          rest = rest.subarray(end + 1);
        }
        if (rest.length > MAX_LINE_BYTES) throw tooLarge(this.#server);
      }
    } catch (error) {
      if (!request.signal.aborted) throw networkFailure(this.#server, error, signal);
    } finally {
      clearTimeout(timer);
      // whoever stops listening leaves no stream open
      idle.abort();
    }
  }

  async close(): Promise<void> {
    this.#closing.abort();
    await this.#pool.destroy();
  }

  #signal(own: AbortSignal | undefined, limit: AbortSignal): AbortSignal {
    return AbortSignal.any([limit, this.#closing.signal, ...(own === undefined ? [] : [own])]);
  }

  #send({ method = 'GET', path, body }: KubeRequest, signal: AbortSignal) {
    return this.#pool.request({
      method,
      path,
      signal,
      headersTimeout: 0,
      bodyTimeout: 0,
      headers: {
        accept: 'application/json',
        'user-agent': 'clusterdeck-node-agent',
        ...(body !== undefined && { 'content-type': contentTypeOf(method) }),
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
  }
}

const contentTypeOf = (method: string): string =>
  method === 'PATCH' ? 'application/merge-patch+json' : 'application/json';

function parsed(server: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw garbage(server);
  }
}
