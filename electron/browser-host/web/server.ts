import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse, STATUS_CODES } from 'node:http';
import type { Server } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Router } from '@orpc/server';
import { WebSocketServer } from 'ws';
import { createRpcSockets, MAX_MESSAGE_BYTES, MAX_SOCKETS } from '#electron/core/local/rpc-sockets';
import type { RpcContext } from '#electron/core/rpc/base';
import type { Contract } from '#shared/contract/index';
import { rendererFiles } from './files';
import { SECURITY_HEADERS } from './headers';
import { PAGES } from './pages';
import { Sessions } from './sessions';

const COOKIE = 'clusterdeck';
const MAX_CONNECTIONS = 256;

/** What a window needs to get in without a link: where the page is and the cookie to hold. */
export interface WebSession {
  pageUrl: string;
  cookie: { name: string; value: string; path: string };
}

export interface WebServer {
  readonly port: number;
  /** a page that needs no session, for a window which waits for its cookie */
  readonly waitingUrl: string;
  /** a link that opens the page once */
  newLink(): string;
  newSession(): WebSession;
  close(): Promise<void>;
}

/**
 * Serves the renderer and the contract's WebSocket on 127.0.0.1 to holders of a session.
 *
 * Everything lies below a random path: cookies know no ports, and a cookie bound to that path is
 * not sent to another program that listens on this machine.
 * @param options.port 0 takes a free one
 */
export async function serveWeb(options: {
  router: Router<Contract, RpcContext>;
  context: RpcContext;
  rendererDir: string;
  port: number;
  now: () => number;
}): Promise<WebServer> {
  const base = `/deck-${randomBytes(12).toString('hex')}/`;
  const sessions = new Sessions(options.now);
  const rpc = createRpcSockets(options.router, options.context);
  const file = rendererFiles(options.rendererDir);
  const server = createServer({ maxHeaderSize: 16_384, headersTimeout: 10_000 });
  const upgrader = new WebSocketServer({
    noServer: true,
    maxPayload: MAX_MESSAGE_BYTES,
    perMessageDeflate: false,
  });
  server.maxConnections = MAX_CONNECTIONS;
  server.requestTimeout = 30_000;
  server.listen(options.port, '127.0.0.1');
  await once(server, 'listening');
  const port = portOf(server);
  const hosts = [`127.0.0.1:${port}`, `localhost:${port}`];
  const isHostRight = (request: IncomingMessage) => hosts.includes(request.headers.host ?? '');
  const hasSession = (request: IncomingMessage) =>
    cookiesOf(request).some((value) => sessions.isValid(value));

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (!isHostRight(request)) return send(response, 421, PAGES.wrongHost);
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      response.setHeader('allow', 'GET, HEAD');
      return send(response, 405, PAGES.notFound);
    }
    const path = pathOf(request);
    if (!path.startsWith(base)) return send(response, 403, PAGES.noSession);
    const below = path.slice(base.length);
    if (below === 'waiting') return send(response, 200, PAGES.waiting);
    if (below.startsWith('open/')) return open(request, response, below.slice('open/'.length));
    if (!hasSession(request)) return send(response, 403, PAGES.noSession);
    const found = await file(below);
    if (found !== null) return send(response, 200, found.body, found.type);
    return below === '' ? send(response, 503, PAGES.notBuilt) : send(response, 404, PAGES.notFound);
  }

  function open(request: IncomingMessage, response: ServerResponse, token: string): void {
    // a link must survive being looked at by a preview or a prefetch
    const isVisit = request.method === 'GET' && request.headers['sec-purpose'] === undefined;
    const value = isVisit ? sessions.redeem(token) : null;
    if (value === null) return send(response, 403, PAGES.badLink);
    response.setHeader('set-cookie', `${COOKIE}=${value}; Path=${base}; HttpOnly; SameSite=Strict`);
    response.setHeader('location', base);
    send(response, 303, '');
  }

  function upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    socket.on('error', () => socket.destroy());
    if (!isHostRight(request)) return refuse(socket, 421);
    if (pathOf(request) !== `${base}rpc`) return refuse(socket, 404);
    // SameSite says nothing between ports of one machine, so the page must be ours by its origin
    if (request.headers.origin !== `http://${request.headers.host}`) return refuse(socket, 403);
    if (!hasSession(request)) return refuse(socket, 403);
    if (rpc.count >= MAX_SOCKETS) return refuse(socket, 503);
    upgrader.handleUpgrade(request, socket, head, rpc.accept);
  }

  server.on('upgrade', upgrade);
  server.on('request', (request, response) => {
    answer(request, response).catch((error: unknown) => {
      options.context.logger.error({ error }, 'A page could not be served');
      response.destroy();
    });
  });

  const origin = `http://127.0.0.1:${port}`;
  return {
    port,
    waitingUrl: `${origin}${base}waiting`,
    newLink: () => `${origin}${base}open/${sessions.newLink()}`,
    newSession: () => ({
      pageUrl: `${origin}${base}`,
      cookie: { name: COOKIE, value: sessions.newSession(), path: base },
    }),
    async close() {
      const closed = once(server, 'close');
      rpc.closeAll();
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

function portOf(server: Server): number {
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('The server has no port.');
  return address.port;
}

/** The path as it was asked for: no decoding, no resolving of dots, which nothing here needs. */
const pathOf = (request: IncomingMessage) => (request.url ?? '').split(/[?#]/, 1)[0] ?? '';

const cookiesOf = (request: IncomingMessage) =>
  (request.headers.cookie ?? '')
    .split(';')
    .map((part) => part.trim())
    .filter((part) => part.startsWith(`${COOKIE}=`))
    .map((part) => part.slice(COOKIE.length + 1));

function send(
  response: ServerResponse,
  status: number,
  body: string | Buffer,
  type = 'text/html; charset=utf-8',
): void {
  response.writeHead(status, {
    ...SECURITY_HEADERS,
    'content-type': type,
    'content-length': Buffer.byteLength(body),
  });
  response.end(response.req.method === 'HEAD' ? undefined : body);
}

function refuse(socket: Duplex, status: number): void {
  socket.end(
    `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`,
  );
}
