import { once } from 'node:events';
import { chmod, rm } from 'node:fs/promises';
import {
  createServer as createHttp,
  type IncomingMessage,
  type Server,
  type ServerOptions,
  type ServerResponse,
} from 'node:http';
import { createServer as createHttps } from 'node:https';
import { fail } from '#shared/contract/errors';
import { hostPort } from '#shared/domain/host';
import type { Connections } from './connections';

/** loopback: plain HTTP for looking · https: tokens and peers · socket: root of this machine */
export type ListenerKind = 'loopback' | 'https' | 'socket';

export interface Listener {
  kind: ListenerKind;
  /** address, or path of the socket */
  address: string;
  /** 0 for a socket */
  port: number;
  close(): Promise<void>;
}

/** How long a connection may take; ms. */
export interface Patience {
  handshake: number;
  headers: number;
  /** the whole request, from its first byte to its last */
  request: number;
  idle: number;
  /** for nothing moving on a connection at all */
  still: number;
}
export const PATIENCE: Patience = {
  handshake: 10_000,
  headers: 10_000,
  request: 30_000,
  idle: 30_000,
  still: 60_000,
};

const MAX_HEADER_BYTES = 16 * 1024;

export interface ListenOptions {
  certPem: string;
  keyPem: string;
  patience: Patience;
  connections: Connections;
  handle(kind: ListenerKind, request: IncomingMessage, response: ServerResponse): void;
}

/** @throws Failure INVALID_INPUT where the port is taken or the address is not of this machine */
export async function listen(
  kind: ListenerKind,
  where: { address: string; port: number },
  options: ListenOptions,
): Promise<Listener> {
  const server = serverFor(kind, options);
  server.timeout = options.patience.still;
  server.on('request', (request: IncomingMessage, response: ServerResponse) =>
    options.handle(kind, request, response),
  );
  if (kind === 'socket') {
    // left behind by one that was killed; two agents on one state folder exclude each other before
    await rm(where.address, { force: true });
    server.listen(where.address);
  } else {
    server.on('connection', (socket) => options.connections.add(socket));
    server.listen(where.port, where.address);
  }
  await once(server, 'listening').catch((error: unknown) => {
    throw listenFailure(error, where);
  });
  if (kind === 'socket') await chmod(where.address, 0o600);
  const bound = server.address();
  const port = typeof bound === 'object' && bound !== null ? bound.port : 0;
  return {
    kind,
    address: where.address,
    port,
    async close() {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

function serverFor(kind: ListenerKind, { certPem, keyPem, patience }: ListenOptions): Server {
  const limits: ServerOptions = {
    headersTimeout: patience.headers,
    requestTimeout: patience.request,
    keepAliveTimeout: patience.idle,
    // otherwise looked at every 30 s only
    connectionsCheckingInterval: Math.min(1000, patience.headers),
    maxHeaderSize: MAX_HEADER_BYTES,
  };
  if (kind !== 'https') return createHttp(limits);
  return createHttps({
    ...limits,
    cert: certPem,
    key: keyPem,
    minVersion: 'TLSv1.2',
    handshakeTimeout: patience.handshake,
    // other agents show theirs; whom it belongs to is decided by its fingerprint
    requestCert: true,
    rejectUnauthorized: false,
  });
}

function listenFailure(error: unknown, { address, port }: { address: string; port: number }) {
  const code = error instanceof Error && 'code' in error ? error.code : null;
  const where = port === 0 ? address : hostPort(address, port);
  if (code === 'EADDRINUSE') {
    const remedy = `Stop what listens there (Prometheus has port 9090 too), or set api.port.`;
    return fail('INVALID_INPUT', { remedy, field: 'api.port' }, `${where} is in use.`);
  }
  if (code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND') {
    const remedy = 'Set api.addresses to addresses of this machine, or wait until it has them.';
    return fail('INVALID_INPUT', { remedy, field: 'api.addresses' }, `${address} is not here.`);
  }
  if (code === 'EACCES') {
    const remedy = 'Run the agent as its system service, or choose a port above 1023.';
    return fail('INVALID_INPUT', { remedy, field: 'api.port' }, `${where} may not be listened on.`);
  }
  return error;
}
