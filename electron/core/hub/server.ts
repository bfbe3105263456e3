import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import type { PortalRequest, PortalResponse } from '#shared/domain/portal/http';
import { refusal } from '#shared/domain/portal/http';
import type { Logger } from '../ports';

/** A record has a few kilobytes; nothing this API takes is larger. */
const MAX_BODY_BYTES = 256 * 1024;
const MAX_HEADER_BYTES = 16 * 1024;
const MAX_CONNECTIONS = 256;
/** A list of a thousand clusters shrinks to a twentieth; a single record is not worth it. */
const MIN_PACKED_CHARS = 8 * 1024;
const pack = promisify(gzip);

/** How long a connection may take; ms. */
export interface Patience {
  handshake: number;
  headers: number;
  /** the whole request, from its first byte to its last */
  request: number;
  idle: number;
}
export const PATIENCE: Patience = {
  handshake: 10_000,
  headers: 10_000,
  request: 30_000,
  idle: 15_000,
};

/** On every answer; the pages have a form and nothing else. */
const SECURITY_HEADERS = {
  'cache-control': 'no-store',
  'content-security-policy':
    "default-src 'none'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
};

/** What of a request only its server knows. */
export interface Arrival {
  headers: IncomingMessage['headers'];
  /** where it comes from */
  address: string;
  /** aborted when the asker goes away */
  signal: AbortSignal;
}

export interface HubServer {
  readonly port: number;
  close(): Promise<void>;
}

/** @throws the system's error when it cannot listen there, with its `code` */
export async function serveHttps(options: {
  certPem: string;
  keyPem: string;
  listen: string;
  port: number;
  patience: Patience;
  logger: Logger;
  answer(request: PortalRequest, arrival: Arrival): Promise<PortalResponse>;
}): Promise<HubServer> {
  const { certPem, keyPem, patience, logger } = options;
  const server = createServer({
    cert: certPem,
    key: keyPem,
    minVersion: 'TLSv1.2',
    handshakeTimeout: patience.handshake,
    headersTimeout: patience.headers,
    requestTimeout: patience.request,
    keepAliveTimeout: patience.idle,
    // otherwise looked at every 30 s only
    connectionsCheckingInterval: Math.min(1000, patience.headers),
    maxHeaderSize: MAX_HEADER_BYTES,
  });
  server.maxConnections = MAX_CONNECTIONS;
  server.on('request', (request: IncomingMessage, response: ServerResponse) => {
    take(request, response, options).catch((error: unknown) => {
      logger.error({ error }, 'A request to the hub could not be answered');
      response.destroy();
    });
  });
  server.listen(options.port, options.listen);
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('The server has no port.');
  return {
    port: address.port,
    async close() {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

async function take(
  request: IncomingMessage,
  response: ServerResponse,
  { answer, logger }: Pick<Parameters<typeof serveHttps>[0], 'answer' | 'logger'>,
): Promise<void> {
  const gone = new AbortController();
  response.on('close', () => gone.abort());
  const address = request.socket.remoteAddress ?? '';
  const { method = 'GET', url = '/', headers } = request;
  const body = await readBody(request).catch(() => undefined);
  // it went away, or took too long and was told so by the server itself
  if (body === undefined) return;
  if (body === null) {
    response.setHeader('connection', 'close');
    return send(response, refusal(413, 'The request is too large'));
  }
  const contentType = headers['content-type']?.split(';', 1)[0]?.trim().toLowerCase() ?? '';
  const asked = { method, target: url, contentType, body };
  const answered = await answer(asked, { headers, address, signal: gone.signal }).catch(
    (error: unknown) => {
      if (!gone.signal.aborted) logger.error({ error }, 'The hub failed at a request');
      return refusal(500, 'Something went wrong in the hub; its log tells more');
    },
  );
  const path = url.split('?', 1)[0];
  const level = method === 'GET' ? 'debug' : 'info';
  logger[level]({ method, path, status: answered.status, address }, 'The hub answered');
  await send(response, answered);
}

/** Null where it is larger than anything this API takes; the rest of it is not read. */
async function readBody(request: IncomingMessage): Promise<string | null> {
  if (Number(request.headers['content-length'] ?? 0) > MAX_BODY_BYTES) return null;
  const chunks: Buffer[] = [];
  let size = 0;
  // the connection must live on to carry the refusal
  for await (const chunk of request.iterator({ destroyOnReturn: false })) {
    if (!Buffer.isBuffer(chunk)) continue;
    size += chunk.length;
    if (size > MAX_BODY_BYTES) return null;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

async function send(response: ServerResponse, answer: PortalResponse): Promise<void> {
  const { status, headers, body } = answer;
  const { method, headers: asked } = response.req;
  const isPacked =
    body.length >= MIN_PACKED_CHARS && /\bgzip\b/.test(String(asked['accept-encoding'] ?? ''));
  const bytes = isPacked ? await pack(body) : Buffer.from(body);
  response.writeHead(status, {
    ...SECURITY_HEADERS,
    ...headers,
    ...(isPacked && { 'content-encoding': 'gzip' }),
    'content-length': bytes.length,
  });
  response.end(method === 'HEAD' ? undefined : bytes);
}
