import { createSecureContext } from 'node:tls';
import { Pool } from 'undici';
import { fail } from '#shared/contract/errors';
import { hostPort } from '#shared/domain/host';
import { pinnedConnector } from './pinned-connect';
import { wireFailure } from './wire-errors';

/** This node's certificate and key, which it shows to every peer. */
export interface PeerCredentials {
  certPem: string;
  keyPem: string;
}

export interface PeerTarget {
  address: string;
  port: number;
  /** SHA-256 of its certificate; null: any is taken, and told, for a challenge binds it later */
  pin: string | null;
}

export interface WireAnswer {
  status: number;
  /** parsed JSON; undefined where it was none */
  body: unknown;
  /** the certificate this answer came under */
  fingerprint: string;
}

export interface WireCall {
  method: 'GET' | 'POST';
  path: string;
  body?: unknown;
  signal: AbortSignal;
}

const MAX_BYTES = 8 * 1024 * 1024;
/** Of a node whose certificate is known, which may hand a job's script over. */
const MAX_PINNED_BYTES = 24 * 1024 * 1024;
const KEEP_ALIVE_MS = 4_000;

/** Requests to one agent, both sides showing their certificates; nothing is sent to a wrong one. */
export class PeerWire {
  readonly #pool: Pool;
  readonly #label: string;
  readonly #maxBytes: number;
  #offered = '';

  constructor(target: PeerTarget, credentials: PeerCredentials) {
    this.#label = hostPort(target.address, target.port);
    this.#maxBytes = target.pin === null ? MAX_BYTES : MAX_PINNED_BYTES;
    this.#pool = new Pool(`https://${this.#label}`, {
      // a long call of an operation holds up no other
      connections: 8,
      pipelining: 1,
      allowH2: false,
      keepAliveTimeout: KEEP_ALIVE_MS,
      bodyTimeout: 0,
      headersTimeout: 0,
      connect: pinnedConnector({
        label: this.#label,
        pin: target.pin,
        onOffered: (fingerprint) => {
          this.#offered = fingerprint;
        },
        secureContext: createSecureContext({
          cert: credentials.certPem,
          key: credentials.keyPem,
          ca: [],
          minVersion: 'TLSv1.3',
        }),
      }),
    });
  }

  /** @throws Failure of the transport; a sent POST whose answer is lost has outcome `unknown` */
  async send(call: WireCall): Promise<WireAnswer> {
    const { method, path, body, signal } = call;
    try {
      const answer = await this.#pool.request({
        method,
        path,
        signal,
        headers: { accept: 'application/json', 'content-type': 'application/json' },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      let size = 0;
      const chunks: Buffer[] = [];
      for await (const chunk of answer.body) {
        const buffer: Buffer = chunk;
        size += buffer.length;
        if (size > this.#maxBytes) throw tooLarge(this.#label);
        chunks.push(buffer);
      }
      const text = Buffer.concat(chunks).toString('utf8');
      return { status: answer.statusCode, body: jsonOf(text), fingerprint: this.#offered };
    } catch (error) {
      throw wireFailure(error, this.#label, method === 'POST', signal);
    }
  }

  async close(): Promise<void> {
    await this.#pool.destroy();
  }
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

const tooLarge = (label: string) =>
  fail('RESPONSE_TOO_LARGE', { endpoint: label, remedy: 'Check what answers at this address.' });
