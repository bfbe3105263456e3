import type { IncomingMessage, ServerResponse } from 'node:http';
import { TLSSocket } from 'node:tls';
import { Failure } from '#shared/contract/errors';
import type { Clock, Logger } from '../ports';
import { type Answer, failedBy, refuse } from './answer';
import { Body } from './bodies';
import { type Caller, type Doorman, rightsOf, stopped } from './caller';
import type { Connections } from './connections';
import { EventStream, type Events } from './events';
import { ItemStream, type ItemStreams } from './item-stream';
import type { ListenerKind } from './listeners';
import { MAX_BODY_BYTES, parseJson, readBody } from './read-body';
import type { Call, Result, Routes } from './routes';
import type { PeerHandler, PeerRequest } from './types';

export interface ServerDeps {
  routes: Routes;
  peers: readonly PeerHandler[];
  /** answers under these paths itself, as the portal's contract wants it */
  portal: { takes(path: string): boolean; answer(call: Call): Promise<Answer> };
  doorman: Doorman;
  events: Events;
  streams: ItemStreams;
  connections: Connections;
  clock: Clock;
  logger: Logger;
}

const SECURITY_HEADERS = {
  'cache-control': 'no-store',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'; base-uri 'none'",
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
};
const PEER_PREFIX = '/api/v1/peer/';
/** A job's script may be of some megabytes, and JSON makes it larger. */
const MAX_PEER_BYTES = 24 * 1024 * 1024;
/** A small answer is not worth it. */
const MIN_PACKED_BYTES = 4 * 1024;

/** Takes requests of all listeners to their routes and their answers back. */
export class ApiServer {
  readonly #deps: ServerDeps;
  #requests = 0;

  constructor(deps: ServerDeps) {
    this.#deps = deps;
  }

  get requests(): number {
    return this.#requests;
  }

  handle(listener: ListenerKind, request: IncomingMessage, response: ServerResponse): void {
    const { connections, logger } = this.#deps;
    const free = connections.busy(request.socket);
    response.once('close', free);
    this.#take(listener, request, response).catch((error: unknown) => {
      logger.error({ error }, 'A request could not be answered');
      response.destroy();
    });
  }

  async #take(
    listener: ListenerKind,
    request: IncomingMessage,
    response: ServerResponse,
  ): Promise<void> {
    const { clock, logger, events, streams } = this.#deps;
    const begun = clock.monotonic();
    const gone = new AbortController();
    response.once('close', () => gone.abort());
    const call = await this.#arrived(listener, request, gone.signal);
    // it went away, or took too long and was told so by the server itself
    if (call === undefined) return;
    const result = 'status' in call ? call : await this.#unhurried(listener, request, call);
    this.#requests += 1;
    const status = 'status' in result ? result.status : 200;
    const { method = 'GET', url = '/' } = request;
    const isLook = method === 'GET' || method === 'HEAD';
    logger[isLook ? 'debug' : 'info'](
      {
        method,
        path: pathOf(url),
        status,
        listener,
        address: request.socket.remoteAddress ?? '',
        ...('caller' in call && call.caller.kind === 'token' && { who: call.caller.holder.id }),
        tookMs: Math.round(clock.monotonic() - begun),
      },
      'The API answered',
    );
    if (result instanceof EventStream) return events.serve(response, result);
    if (result instanceof ItemStream) return streams.serve(response, result);
    await send(request, response, result);
  }

  /** What was asked; an answer where that is refused at once; undefined where it went away. */
  async #arrived(
    listener: ListenerKind,
    request: IncomingMessage,
    signal: AbortSignal,
  ): Promise<Call | Answer | undefined> {
    const { method = 'GET', url = '/', headers } = request;
    const address = request.socket.remoteAddress ?? '';
    if (listener === 'loopback' && !isLocalName(headers.host)) {
      // a page elsewhere that points its own name at 127.0.0.1
      const remedy = 'Ask for http://localhost.';
      return refuse(421, 'wrong-host', 'This name does not belong to this listener.', remedy);
    }
    const path = pathOf(url);
    const hasBody = method !== 'GET' && method !== 'HEAD';
    const caller = await this.#deps.doorman.caller(listener, headers, address);
    const room = hasBody ? await this.#roomFor(listener, request, caller) : 0;
    const body = hasBody ? await readBody(request, room).catch(() => undefined) : '';
    if (body === undefined) return undefined;
    if (body === null) {
      const remedy = 'Send less.';
      const close = { connection: 'close' };
      return refuse(413, 'too-large', 'The request is too large.', remedy, close);
    }
    const mark = url.indexOf('?');
    return {
      method,
      path,
      query: new URLSearchParams(mark < 0 ? '' : url.slice(mark + 1)),
      params: {},
      headers,
      contentType: headers['content-type']?.split(';', 1)[0]?.trim().toLowerCase() ?? '',
      body,
      address,
      caller,
      signal,
    };
  }

  /** How large a body may be: strangers cannot make this agent keep much. */
  async #roomFor(listener: ListenerKind, request: IncomingMessage, caller: Caller) {
    const { peers, routes } = this.#deps;
    const { method = 'GET', url: target = '/' } = request;
    if (target.startsWith(PEER_PREFIX)) {
      if (listener !== 'https') return MAX_BODY_BYTES;
      const asked = { method, target, fingerprint: fingerprintOf(request) };
      for (const peer of peers) if (await peer.trusts?.(asked)) return MAX_PEER_BYTES;
      return MAX_BODY_BYTES;
    }
    const found = routes.find(method, pathOf(target));
    if ('status' in found || found.route.maxBytes === undefined) return MAX_BODY_BYTES;
    const { role, maxBytes } = found.route;
    return role === null || stopped(caller, role, true) === null ? maxBytes : MAX_BODY_BYTES;
  }

  /** What was asked of a node may take minutes; meanwhile nobody has anything to say. */
  async #unhurried(listener: ListenerKind, request: IncomingMessage, call: Call): Promise<Result> {
    const { socket } = request;
    const stillMs = socket.timeout ?? 0;
    socket.setTimeout(0);
    try {
      return await this.#answered(listener, request, call);
    } finally {
      socket.setTimeout(stillMs);
    }
  }

  async #answered(listener: ListenerKind, request: IncomingMessage, call: Call): Promise<Result> {
    const { portal, logger } = this.#deps;
    try {
      if (call.path.startsWith(PEER_PREFIX)) return await this.#peer(listener, request, call);
      if (portal.takes(call.path)) return await portal.answer(call);
      return await this.#routed(call);
    } catch (error) {
      if (!(error instanceof Failure) && !call.signal.aborted) {
        logger.error({ error, path: call.path }, 'The API failed at a request');
      }
      return failedBy(error);
    }
  }

  #routed(call: Call): Result | Promise<Result> {
    const { routes } = this.#deps;
    const found = routes.find(call.method, call.path);
    if ('status' in found) {
      // what there is is told only to those who may look
      const isKnown = rightsOf(call.caller) !== null;
      return isKnown ? found : (stopped(call.caller, 'viewer', false) ?? found);
    }
    const { route, params } = found;
    if (route.role !== null) {
      const refusal = stopped(call.caller, route.role, route.method !== 'GET');
      if (refusal !== null) return refusal;
    }
    return route.handle({ ...call, params });
  }

  async #peer(listener: ListenerKind, request: IncomingMessage, call: Call): Promise<Answer> {
    const notHere = refuse(
      404,
      'no-such-address',
      'Agents do not ask this of each other.',
      'Install the same version of the agent everywhere.',
    );
    if (listener !== 'https') return notHere;
    const asked: PeerRequest = {
      method: call.method,
      target: request.url ?? '/',
      fingerprint: fingerprintOf(request),
      address: call.address,
      body: parseJson(call),
      signal: call.signal,
    };
    for (const handler of this.#deps.peers) {
      const answer = await handler(asked);
      if (answer === null) continue;
      return {
        status: answer.status,
        headers: { 'content-type': 'application/json; charset=utf-8' },
        body: JSON.stringify(answer.body),
      };
    }
    return notHere;
  }
}

async function send(
  request: IncomingMessage,
  response: ServerResponse,
  result: Answer | Body,
): Promise<void> {
  if (!(result instanceof Body)) {
    const { status, headers, body } = result;
    const length = Buffer.byteLength(body);
    response.writeHead(status, { ...SECURITY_HEADERS, ...headers, 'content-length': length });
    response.end(request.method === 'HEAD' ? undefined : body);
    return;
  }
  const headers = {
    ...SECURITY_HEADERS,
    // to be kept and asked about, by the asker alone
    'cache-control': 'private, no-cache',
    'content-type': 'application/json; charset=utf-8',
    etag: result.etag,
    vary: 'Accept-Encoding, Authorization',
  };
  if (isSame(request.headers['if-none-match'], result.etag)) {
    response.writeHead(304, headers);
    response.end();
    return;
  }
  const isPacked =
    result.bytes.length >= MIN_PACKED_BYTES &&
    /\bgzip\b/.test(String(request.headers['accept-encoding'] ?? ''));
  const bytes = isPacked ? await result.packed() : result.bytes;
  response.writeHead(200, {
    ...headers,
    ...(isPacked && { 'content-encoding': 'gzip' }),
    'content-length': bytes.length,
  });
  response.end(request.method === 'HEAD' ? undefined : bytes);
}

function isSame(asked: string | undefined, etag: string): boolean {
  if (asked === undefined) return false;
  return asked.split(',').some((one) => one.trim().replace(/^W\//, '') === etag);
}

const pathOf = (url: string) => url.split(/[?#]/, 1)[0] ?? '/';

function isLocalName(host: string | undefined): boolean {
  if (host === undefined) return true;
  const name = host.replace(/:\d+$/, '').toLowerCase();
  return name === 'localhost' || name === '[::1]' || /^127(\.\d{1,3}){3}$/.test(name);
}

/** Of the certificate that the client showed, whoever it is; '' where it showed none. */
function fingerprintOf({ socket }: IncomingMessage): string {
  if (!(socket instanceof TLSSocket)) return '';
  const certificate = socket.getPeerCertificate();
  return certificate.fingerprint256 ?? '';
}
