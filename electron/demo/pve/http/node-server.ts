import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { TLSSocket } from 'node:tls';
import type { ServerCertificate } from '../certificates';
import { died, PveError } from '../errors';
import type { PveSite } from '../site';
import { type Answer, errorAnswer, transportAnswer } from './answer';
import { type ApiRequest, dispatch } from './dispatch';
import type { Fault, FaultBoard } from './faults';
import type { Meter } from './meter';
import { MAX_POST_BYTES, readRequest } from './reader';
import type { Router } from './router';
import { send, type Wait } from './sender';

const IDLE_MS = 5000;
const METHODS = new Set(['GET', 'POST', 'PUT', 'DELETE', 'HEAD', 'OPTIONS']);
const MAX_HEADER_BYTES = 8192;
const TIMEOUT_TEXT = 'Connection timed out';

export interface NodeServerOptions {
  node: string;
  host: string;
  /** 0 takes any free port; later restarts keep it. */
  port: number;
  site: PveSite;
  router: Router;
  faults: readonly FaultBoard[];
  meter: Meter;
  /** Milliseconds every answer is delayed by. */
  delayMs: () => number;
  /** Milliseconds a 401 is delayed by; the real server takes 3000. */
  unauthorizedDelayMs: number;
  /** Milliseconds until a silent sibling counts as timed out. */
  peerTimeoutMs: number;
  clock: () => number;
}

/** The door of one node: TLS, HTTP/1.1 and its habits. */
export class NodeServer {
  readonly #options: NodeServerOptions;
  readonly #timers = new Map<NodeJS.Timeout, () => void>();
  #certificate: ServerCertificate;
  #server: Server | undefined;
  #port: number;

  constructor(options: NodeServerOptions, certificate: ServerCertificate) {
    this.#options = options;
    this.#certificate = certificate;
    this.#port = options.port;
  }

  get port(): number {
    return this.#port;
  }

  get listening(): boolean {
    return this.#server !== undefined;
  }

  get certificate(): ServerCertificate {
    return this.#certificate;
  }

  /** Opens the door; on the same port as before, if it was open once. */
  async listen(): Promise<void> {
    if (this.#server !== undefined) return;
    const server = createServer(
      {
        cert: this.#certificate.certPem,
        key: this.#certificate.keyPem,
        minVersion: 'TLSv1.2',
        ALPNProtocols: ['http/1.1'],
        maxHeaderSize: MAX_HEADER_BYTES,
        keepAliveTimeout: IDLE_MS,
      },
      (request, response) => {
        void this.#serve(request, response);
      },
    );
    const { meter } = this.#options;
    server.on('connection', () => meter.connected());
    server.on('secureConnection', (socket: TLSSocket) => {
      meter.secured(socket, () => socket.bytesRead);
      socket.once('close', () => meter.closed(socket));
    });
    // Clients that hang up during the handshake are part of the game.
    server.on('tlsClientError', () => {});
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(this.#port, this.#options.host, resolve);
    });
    this.#port = (server.address() as AddressInfo).port;
    this.#server = server;
  }

  /** Closes the door and hangs up on everybody. */
  async close(): Promise<void> {
    const server = this.#server;
    if (server === undefined) return;
    this.#server = undefined;
    for (const [timer, done] of this.#timers) {
      clearTimeout(timer);
      done();
    }
    this.#timers.clear();
    const closed = new Promise<void>((resolve) => server.close(() => resolve()));
    server.closeAllConnections();
    await closed;
  }

  /** Presents another certificate from now on and hangs up on everybody. */
  useCertificate(certificate: ServerCertificate): void {
    this.#certificate = certificate;
    this.#server?.setSecureContext({ cert: certificate.certPem, key: certificate.keyPem });
    this.#server?.closeAllConnections();
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { meter } = this.#options;
    meter.begin();
    try {
      const [path = '/', query = ''] = splitOnce(request.url ?? '/', '?');
      const apiPath = path.replace(/^\/api2\/(json|extjs)/, '');
      const method = request.method ?? 'GET';
      const fault = this.#strike(method, apiPath);
      const delay = this.#options.delayMs() + (fault?.kind === 'slow' ? fault.ms : 0);
      // A request that is refused outright is not carried out; any other is.
      const refused = fault?.kind === 'status';
      const { answer, route } = refused
        ? this.#unanswered(request, method, apiPath)
        : await this.#answer(request, path, query);
      meter.count(method, route);
      if (delay > 0) await this.#wait(delay);
      if (answer.status === 401) await this.#wait(this.#options.unauthorizedDelayMs);
      if (answer.status === 596 && answer.reason === TIMEOUT_TEXT) {
        await this.#wait(this.#options.peerTimeoutMs);
      }
      await send(response, answer, {
        gzip: /\bgzip\b/.test(request.headers['accept-encoding'] ?? ''),
        nowMs: this.#options.clock(),
        fault,
        wait: this.#wait,
      });
    } catch (error) {
      // As with a Perl `die`: the request fails, the server lives on. A client
      // that went away mid-request is no event.
      if (response.headersSent || request.destroyed) response.destroy();
      else await this.#fail(response, error);
    } finally {
      meter.end();
    }
  }

  async #fail(response: ServerResponse, error: unknown): Promise<void> {
    const text = error instanceof Error ? error.message : String(error);
    await send(response, errorAnswer(died(text), this.#options.site.cluster.dress, false), {
      gzip: false,
      nowMs: this.#options.clock(),
      fault: undefined,
      wait: this.#wait,
    });
  }

  #strike(method: string, path: string): Fault | undefined {
    for (const board of this.#options.faults) {
      const fault = board.strike(method, path);
      if (fault !== undefined) return fault;
    }
    return undefined;
  }

  #unanswered(request: IncomingMessage, method: string, path: string) {
    request.resume();
    const route = this.#options.router.find(method, path)?.route.path ?? path;
    return { answer: { status: 200, reason: 'OK' }, route };
  }

  async #answer(
    request: IncomingMessage,
    path: string,
    query: string,
  ): Promise<{ answer: Answer; route: string }> {
    const refusal = refuse(request, path);
    if (refusal !== undefined) {
      request.resume();
      return { answer: refusal, route: path };
    }
    const match = /^\/api2\/(json|extjs)(\/.*)?$/.exec(path);
    const { site, router, node } = this.#options;
    const apiPath = match?.[2] ?? '/';
    const extjs = match?.[1] === 'extjs';
    try {
      const read = await readRequest(request, query);
      const api: ApiRequest = {
        method: request.method ?? 'GET',
        path: apiPath,
        params: read.params,
        cookie: request.headers.cookie,
        authorization: request.headers.authorization,
        csrf: header(request, 'csrfpreventiontoken'),
        servedBy: node,
        extjs,
        ...(read.upload === undefined ? {} : { upload: read.upload }),
      };
      const { answer, route } = dispatch(site, router, api);
      // The real server takes no second request after an upload.
      return { answer: { ...answer, close: read.upload !== undefined }, route };
    } catch (error) {
      if (!(error instanceof PveError)) throw error;
      return { answer: errorAnswer(error, site.cluster.dress, extjs), route: apiPath };
    }
  }

  readonly #wait: Wait = (ms) => {
    if (ms <= 0) return Promise.resolve();
    return new Promise((resolve) => {
      const timer = setTimeout(() => {
        this.#timers.delete(timer);
        resolve();
      }, ms);
      this.#timers.set(timer, resolve);
    });
  };
}

/** What the HTTP layer refuses before anybody looks at the ticket. */
function refuse(request: IncomingMessage, path: string): Answer | undefined {
  const method = request.method ?? 'GET';
  if (!METHODS.has(method)) return { status: 501, reason: `method '${method}' not available` };
  if (request.headers['transfer-encoding'] !== undefined) {
    return transportAnswer(501, 'chunked transfer encoding not supported');
  }
  const length = Number(request.headers['content-length'] ?? 0);
  if ((method === 'DELETE' || method === 'GET') && length > 0) {
    return transportAnswer(501, `Unexpected content for method '${method}'`);
  }
  const upload = (request.headers['content-type'] ?? '').startsWith('multipart/form-data');
  if (!upload && length > MAX_POST_BYTES) return transportAnswer(501, 'for data too large');
  if (!/^\/api2\/(json|extjs)(\/|$)/.test(path)) {
    const rest = path.replace(/^\/(api2\/?)?/, '');
    return transportAnswer(501, `no formatter for uri /, ${rest}`);
  }
  return undefined;
}

function header(request: IncomingMessage, name: string): string | undefined {
  const value = request.headers[name];
  return Array.isArray(value) ? value[0] : value;
}

function splitOnce(text: string, at: string): [string, string] {
  const index = text.indexOf(at);
  return index < 0 ? [text, ''] : [text.slice(0, index), text.slice(index + 1)];
}
