import type { Socket } from 'node:net';
import { createServer, type Server, type TLSSocket } from 'node:tls';
import { makeCertificate, type TestCertificate } from './certificates';

/** One request as it came over the wire. */
export interface SeenRequest {
  method: string;
  path: string;
  headers: Record<string, string>;
  body: string;
}

/** What a scripted server does with a request; `raw` writes and ends as it likes. */
export type Script = (request: SeenRequest, raw: TLSSocket) => void | Promise<void>;

/** A real TLS server on loopback whose every byte a test decides and counts. */
export interface TestServer {
  port: number;
  certificate: TestCertificate;
  requests: SeenRequest[];
  /** application bytes received after handshakes */
  bytes: () => number;
  /** TCP connections accepted so far and still open */
  connections: () => { total: number; open: number };
  close(): Promise<void>;
}

/** @param script answers each request; see {@link reply} and {@link json} */
export async function startTlsServer(
  script: Script,
  certificate?: TestCertificate,
): Promise<TestServer> {
  const own = certificate ?? (await makeCertificate());
  const requests: SeenRequest[] = [];
  const sockets = new Set<Socket>();
  let bytes = 0;
  let total = 0;
  const server: Server = createServer({ key: own.key, cert: own.cert }, (socket) => {
    let pending = Buffer.alloc(0);
    socket.on('error', () => {});
    socket.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
      pending = Buffer.concat([pending, chunk]);
      for (;;) {
        const taken = takeRequest(pending);
        if (taken === null) return;
        pending = taken.rest;
        requests.push(taken.request);
        void script(taken.request, socket);
      }
    });
  });
  server.on('tlsClientError', () => {});
  server.on('connection', (socket: Socket) => {
    total += 1;
    sockets.add(socket);
    socket.on('error', () => {});
    socket.on('close', () => sockets.delete(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return {
    port: address.port,
    certificate: own,
    requests,
    bytes: () => bytes,
    connections: () => ({ total, open: sockets.size }),
    async close() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function takeRequest(buffer: Buffer): { request: SeenRequest; rest: Buffer<ArrayBuffer> } | null {
  const end = buffer.indexOf('\r\n\r\n');
  if (end < 0) return null;
  const [first = '', ...lines] = buffer.subarray(0, end).toString('latin1').split('\r\n');
  const [method = '', path = ''] = first.split(' ');
  const headers = Object.fromEntries(
    lines.map((line) => [
      line.slice(0, line.indexOf(':')).toLowerCase(),
      line.slice(line.indexOf(':') + 1).trim(),
    ]),
  );
  const length = Number(headers['content-length'] ?? 0);
  const bodyStart = end + 4;
  if (buffer.length < bodyStart + length) return null;
  const body = buffer.subarray(bodyStart, bodyStart + length).toString('utf8');
  return {
    request: { method, path, headers, body },
    rest: Buffer.from(buffer.subarray(bodyStart + length)),
  };
}

/** Writes a whole answer. */
export function reply(
  socket: Socket,
  status: string,
  body: string | Buffer = '',
  headers: Record<string, string> = {},
): void {
  const content = Buffer.from(body);
  const all = { 'content-length': String(content.length), ...headers };
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`);
  socket.write(`HTTP/1.1 ${status}\r\n${lines.join('')}\r\n`);
  socket.write(content);
}

/** Writes an answer as PVE does: JSON with `data`. */
export function json(socket: Socket, data: unknown, status = '200 OK'): void {
  const type = { 'content-type': 'application/json;charset=UTF-8' };
  reply(socket, status, JSON.stringify({ data }), type);
}

/** Waits until a condition holds, asking often; fails the test after 5 s. */
export async function until(condition: () => boolean, what: string): Promise<void> {
  const end = Date.now() + 5_000;
  while (!condition()) {
    if (Date.now() > end) throw new Error(`never happened: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
