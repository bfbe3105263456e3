import { createSecureContext, type SecureContext } from 'node:tls';
import { gunzip } from 'node:zlib';
import { buildConnector, type Dispatcher, Pool } from 'undici';
import type { Endpoint, VerifyMode } from '#shared/contract/clusters';
import type { Failure } from '#shared/contract/errors';
import { hostPort } from '#shared/domain/host';
import { abortFailure, networkFailure, pinFailure, tooLargeFailure } from './network-errors';

export type Method = 'GET' | 'POST' | 'PUT' | 'DELETE';

/** One request of the API, ready to be written. */
interface WireRequest {
  method: Method;
  /** path and query, encoded */
  path: string;
  headers: Record<string, string>;
  body: string | null;
  /** ends the request and its socket; carries caller's abort and deadline */
  signal: AbortSignal;
  /** largest body accepted, counted before and after unpacking */
  maxBytes: number;
}

export interface WireHead {
  status: number;
  /** the first line only, and the only text some releases send */
  statusText: string;
  headers: Record<string, string>;
}

/** A whole answer; the body is unpacked text. */
export interface WireReply extends WireHead {
  body: string;
}

/** Why a request has no answer, and whether any byte of it may have reached the server. */
export class WireError extends Error {
  readonly failure: Failure;
  readonly sent: boolean;

  constructor(failure: Failure, sent: boolean) {
    super(failure.message);
    this.name = 'WireError';
    this.failure = failure;
    this.sent = sent;
  }
}

/** Carries requests to one endpoint. */
export interface Wire {
  /** `host:port` */
  readonly label: string;
  /** @throws WireError */
  send(request: WireRequest): Promise<WireReply>;
  /**
   * Reads an answer that has no end by itself, piece by piece. Settles when it has ended.
   * @param onStart its head; a failure it returns stops the reading
   * @throws WireError
   */
  stream(
    request: Omit<WireRequest, 'body' | 'maxBytes'>,
    onStart: (head: WireHead) => Failure | null,
    onData: (chunk: Buffer) => void,
  ): Promise<void>;
  /** lets running requests end within `graceMs`, then closes every socket */
  close(graceMs: number): Promise<void>;
}

export interface WireTarget {
  endpoint: Endpoint;
  verify: VerifyMode;
  /** what `ca` verifies against */
  trust: () => SecureContext;
  /** plain HTTP, as an address may ask for outright; nothing is verified then */
  isPlain?: boolean;
}

// A server closes idle sockets after 5 s and a proxied call may take 30 s.
const KEEP_ALIVE_MS = 3_500;
const HEADERS_MS = 35_000;
const CONNECT_MS = 8_000;
const CONNECTIONS = 6;

/** Opens nothing yet; sockets are made on the first request. */
export function openWire(target: WireTarget): Wire {
  const { endpoint } = target;
  const label = hostPort(endpoint.host, endpoint.port);
  const scheme = target.isPlain === true ? 'http' : 'https';
  const pool = new Pool(`${scheme}://${hostPort(withoutZone(endpoint.host), endpoint.port)}`, {
    connect: verifyingConnector(target, label),
    connections: CONNECTIONS,
    pipelining: 1,
    allowH2: false,
    keepAliveTimeout: KEEP_ALIVE_MS,
    keepAliveMaxTimeout: KEEP_ALIVE_MS,
    headersTimeout: HEADERS_MS,
    // the signal's deadline covers the body as a whole
    bodyTimeout: 0,
  });
  return {
    label,
    send: (request) => new Whole(request, label).run(pool),
    stream: (request, onStart, onData) =>
      new Endless({ ...request, body: null }, label, onStart, onData).run(pool),
    async close(graceMs) {
      const timer = setTimeout(() => void pool.destroy(), graceMs);
      await pool.close().catch(() => pool.destroy());
      clearTimeout(timer);
    },
  };
}

/**
 * Connects and verifies before undici gets the socket, so nothing is written to a server whose
 * certificate is refused. Sessions are never resumed: a resumed one carries no certificate.
 */
function verifyingConnector(target: WireTarget, label: string): buildConnector.connector {
  const { endpoint, verify } = target;
  const base = {
    allowH2: false,
    maxCachedSessions: 0,
    timeout: CONNECT_MS,
    keepAlive: true,
  };
  const connect =
    verify === 'ca'
      ? buildConnector({ ...base, rejectUnauthorized: true, secureContext: target.trust() })
      : // made once, and with no authorities since none is asked: connections are made at each poll
        buildConnector({
          ...base,
          rejectUnauthorized: false,
          secureContext: createSecureContext({ ca: [] }),
        });
  return (options, callback) =>
    // a URL cannot carry an IPv6 zone, so the endpoint's own spelling is connected to
    connect({ ...options, hostname: endpoint.host }, (...[error, socket]) => {
      if (error !== null) return callback(error, null);
      if (verify !== 'pin' || target.isPlain === true) return callback(null, socket);
      const offered =
        'getPeerCertificate' in socket ? socket.getPeerCertificate().fingerprint256 : undefined;
      if (offered !== undefined && offered === endpoint.pin) return callback(null, socket);
      socket.destroy();
      return callback(new PinError(pinFailure(label, endpoint.pin, offered)), null);
    });
}

/** Travels through undici from the connector to the request that waited for the socket. */
class PinError extends Error {
  readonly failure: Failure;

  constructor(failure: Failure) {
    super(failure.message);
    this.failure = failure;
  }
}

/** One request on its way; settles once. */
abstract class Exchange<Result> implements Dispatcher.DispatchHandler {
  protected readonly label: string;
  protected readonly done = Promise.withResolvers<Result>();
  readonly #request: Omit<WireRequest, 'maxBytes'>;
  #controller: Dispatcher.DispatchController | null = null;

  constructor(request: Omit<WireRequest, 'maxBytes'>, label: string) {
    this.#request = request;
    this.label = label;
  }

  protected abstract onHead(head: WireHead): void;
  protected abstract onChunk(chunk: Buffer): void;
  protected abstract onEnd(): void;

  async run(pool: Pool): Promise<Result> {
    const { signal, method, path, headers, body } = this.#request;
    const onAbort = () => this.stop(abortFailure(signal.reason, this.label));
    if (signal.aborted) onAbort();
    else {
      signal.addEventListener('abort', onAbort, { once: true });
      pool.dispatch({ method, path, headers, body }, this);
    }
    try {
      return await this.done.promise;
    } finally {
      signal.removeEventListener('abort', onAbort);
    }
  }

  /** Called just before the first byte is written. */
  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    const { signal } = this.#request;
    if (signal.aborted) controller.abort(new Error('aborted before it was sent'));
  }

  onResponseStart(
    _controller: Dispatcher.DispatchController,
    status: number,
    headers: Record<string, string | string[] | undefined>,
    statusText = '',
  ): void {
    const flat = Object.entries(headers).map(([name, value]) => [name, String(value ?? '')]);
    this.onHead({ status, statusText, headers: Object.fromEntries(flat) });
  }

  onResponseData(_controller: Dispatcher.DispatchController, chunk: Buffer): void {
    this.onChunk(chunk);
  }

  onResponseEnd(): void {
    this.onEnd();
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    this.fail(error instanceof PinError ? error.failure : networkFailure(error, this.label));
  }

  protected stop(failure: Failure): void {
    this.fail(failure);
    this.#controller?.abort(new Error('stopped'));
  }

  protected fail(failure: Failure): void {
    this.done.reject(new WireError(failure, this.#controller !== null));
  }
}

/** Collects the answer up to its end. */
class Whole extends Exchange<WireReply> {
  readonly #maxBytes: number;
  readonly #chunks: Buffer[] = [];
  #size = 0;
  #head: WireHead | null = null;

  constructor(request: WireRequest, label: string) {
    super(request, label);
    this.#maxBytes = request.maxBytes;
  }

  protected onHead(head: WireHead): void {
    this.#head = head;
    const length = Number(head.headers['content-length']);
    if (length > this.#maxBytes) this.#tooLarge();
  }

  protected onChunk(chunk: Buffer): void {
    this.#size += chunk.length;
    if (this.#size > this.#maxBytes) this.#tooLarge();
    else this.#chunks.push(chunk);
  }

  protected onEnd(): void {
    const head = this.#head;
    if (head === null) return;
    const raw = Buffer.concat(this.#chunks);
    if (head.headers['content-encoding'] !== 'gzip') {
      this.done.resolve({ ...head, body: raw.toString('utf8') });
      return;
    }
    gunzip(raw, { maxOutputLength: this.#maxBytes }, (error, unpacked) => {
      if (error === null) this.done.resolve({ ...head, body: unpacked.toString('utf8') });
      else this.fail(networkFailure(error, this.label));
    });
  }

  #tooLarge(): void {
    this.#chunks.length = 0;
    this.stop(tooLargeFailure(this.label));
  }
}

/** Hands on what comes, as it comes. */
class Endless extends Exchange<void> {
  readonly #onStart: (head: WireHead) => Failure | null;
  readonly #onData: (chunk: Buffer) => void;

  constructor(
    request: Omit<WireRequest, 'maxBytes'>,
    label: string,
    onStart: (head: WireHead) => Failure | null,
    onData: (chunk: Buffer) => void,
  ) {
    super(request, label);
    this.#onStart = onStart;
    this.#onData = onData;
  }

  protected onHead(head: WireHead): void {
    const failure = this.#onStart(head);
    if (failure !== null) this.stop(failure);
  }

  protected onChunk(chunk: Buffer): void {
    this.#onData(chunk);
  }

  protected onEnd(): void {
    this.done.resolve();
  }
}

function withoutZone(host: string): string {
  return host.includes(':') ? (host.split('%')[0] ?? host) : host;
}
