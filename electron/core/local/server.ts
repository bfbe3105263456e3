import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer, type IncomingMessage } from 'node:http';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { Duplex } from 'node:stream';
import type { Router } from '@orpc/server';
import { WebSocketServer } from 'ws';
import type { Contract } from '#shared/contract/index';
import type { RpcContext } from '../rpc/base';
import type { StoreLock } from './lock';
import type { HostRecord } from './record';
import { SOCKET_FOLDER } from './record';
import { createRpcSockets, MAX_MESSAGE_BYTES, MAX_SOCKETS } from './rpc-sockets';

export interface LocalServer {
  close(): Promise<void>;
}

/**
 * Serves the contract to this user's other programs: a socket of mode 0600 in a folder of mode
 * 0700 (a named pipe on Windows), behind a key that only readers of the data folder know.
 */
export async function serveLocal(options: {
  lock: StoreLock;
  router: Router<Contract, RpcContext>;
  context: RpcContext;
  host: HostRecord['host'];
  demo: boolean;
}): Promise<LocalServer> {
  const address = newAddress();
  const key = randomBytes(32).toString('base64url');
  const rpc = createRpcSockets(options.router, options.context);
  const upgrader = new WebSocketServer({ noServer: true, maxPayload: MAX_MESSAGE_BYTES });
  const server = createServer((_request, response) => response.writeHead(426).end());

  server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    if (!isAuthorised(request, key)) return socket.end('HTTP/1.1 403 Forbidden\r\n\r\n');
    if (rpc.count >= MAX_SOCKETS) return socket.end('HTTP/1.1 503 Service Unavailable\r\n\r\n');
    upgrader.handleUpgrade(request, socket, head, rpc.accept);
  });
  server.listen(address);
  await once(server, 'listening');
  if (process.platform !== 'win32') chmodSync(address, 0o600);
  // a visitor must not keep a host alive that is done
  server.unref();
  options.lock.announce({
    pid: process.pid,
    host: options.host,
    demo: options.demo,
    local: { address, key },
  });

  return {
    async close() {
      rpc.closeAll();
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
      if (process.platform !== 'win32') {
        rmSync(dirname(address), { recursive: true, force: true });
      }
    },
  };
}

/** A fresh private folder in the temporary one: a data folder's path may exceed a socket's limit. */
function newAddress(): string {
  if (process.platform === 'win32') {
    return `\\\\.\\pipe\\clusterdeck-${randomBytes(16).toString('hex')}`;
  }
  return join(mkdtempSync(join(tmpdir(), SOCKET_FOLDER)), 's');
}

function isAuthorised(request: IncomingMessage, key: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest();
  const shown = request.headers.authorization ?? '';
  return request.url === '/rpc' && timingSafeEqual(digest(shown), digest(`Bearer ${key}`));
}
