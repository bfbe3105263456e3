import { Agent, buildConnector } from 'undici';
import { hostPort } from '#shared/domain/host';
import { codeOf } from '../../host/error-code';
import type { KnownService, Shown } from './known';

const DEADLINE_MS = 3_000;
const MAX_BODY_BYTES = 64 * 1024;

/** What came of one look at one address. */
export type Seen =
  | { kind: 'it' }
  /** nothing listens there */
  | { kind: 'none' }
  /** something else answers */
  | { kind: 'other' }
  /** it listens, and fails */
  | { kind: 'failing'; why: string };

/** Asks this node's own web services whether they are there. */
export class Prober {
  /**
   * The certificate is not looked at: it is this node's own service, asked at this node's own address,
   * and nothing secret is sent.
   */
  readonly #agent = new Agent({
    connections: 1,
    pipelining: 1,
    allowH2: false,
    // each look is a connection of its own: a kept one would hide a service that is gone
    keepAliveTimeout: 1,
    connect: buildConnector({ timeout: DEADLINE_MS, rejectUnauthorized: false, allowH2: false }),
  });

  async look(service: KnownService, address: string, port: number): Promise<Seen> {
    const origin = `${service.scheme}://${hostPort(address, port)}`;
    const signal = AbortSignal.timeout(DEADLINE_MS);
    try {
      const shown = await this.#get(origin, service.path, signal);
      if (!service.isIt(shown)) return { kind: 'other' };
      if (shown.status < 500) return { kind: 'it' };
      return { kind: 'failing', why: `It answers with an error (${shown.status}).` };
    } catch (error) {
      const code = codeOf(error);
      if (code === 'ECONNREFUSED' || code === 'EADDRNOTAVAIL') return { kind: 'none' };
      if (signal.aborted) return { kind: 'failing', why: 'It did not answer in time.' };
      return { kind: 'failing', why: `It does not speak ${service.scheme} (${code}).` };
    }
  }

  async close(): Promise<void> {
    await this.#agent.destroy();
  }

  async #get(origin: string, path: string, signal: AbortSignal): Promise<Shown> {
    const answer = await this.#agent.request({ origin, path, method: 'GET', signal });
    const headers = Object.fromEntries(
      Object.entries(answer.headers).map(([name, value]) => [name, String(value)]),
    );
    const chunks: Buffer[] = [];
    let bytes = 0;
    for await (const chunk of answer.body) {
      const part = Buffer.from(chunk);
      chunks.push(part);
      bytes += part.length;
      // leaving the loop ends the connection: what follows is not read
      if (bytes > MAX_BODY_BYTES) break;
    }
    const body = Buffer.concat(chunks).subarray(0, MAX_BODY_BYTES).toString('utf8');
    return { status: answer.statusCode, headers, body };
  }
}
