import type { Router } from '@orpc/server';
import { RPCHandler } from '@orpc/server/websocket';
import type { WebSocket } from 'ws';
import type { Contract } from '#shared/contract/index';
import type { RpcContext } from '../rpc/base';

/** Larger than the largest input of the contract, a pasted clusters.json of 5 million characters. */
export const MAX_MESSAGE_BYTES = 24 * 1024 * 1024;
export const MAX_SOCKETS = 32;
const MAX_UNSENT_BYTES = 128 * 1024 * 1024;
const HEARTBEAT_MS = 30_000;
const GOODBYE_MS = 1_000;

export interface RpcSockets {
  /** serves one connected and already authorised socket until it closes */
  accept(socket: WebSocket): void;
  readonly count: number;
  /** says goodbye, and cuts off whoever does not answer within a second */
  closeAll(): void;
}

/**
 * Serves the contract on WebSockets. A peer which stops reading, or is gone without a goodbye,
 * is cut off: what it has not read is bounded and a missed heartbeat ends it.
 */
export function createRpcSockets(
  router: Router<Contract, RpcContext>,
  context: RpcContext,
  heartbeatMs = HEARTBEAT_MS,
): RpcSockets {
  const handler = new RPCHandler(router);
  const sockets = new Set<WebSocket>();

  const accept = (socket: WebSocket) => {
    let alive = true;
    const heartbeat = setInterval(() => {
      if (!alive) return socket.terminate();
      alive = false;
      socket.ping();
    }, heartbeatMs);
    heartbeat.unref();
    sockets.add(socket);
    socket.on('pong', () => {
      alive = true;
    });
    socket.on('error', (error) => context.logger.debug({ error }, 'A connection failed'));
    const peer = {
      addEventListener: () => undefined,
      send(data: Parameters<WebSocket['send']>[0]) {
        if (socket.bufferedAmount > MAX_UNSENT_BYTES) socket.terminate();
        else socket.send(data);
      },
    };
    socket.binaryType = 'arraybuffer';
    socket.on('message', (data, isBinary) => {
      const message = isBinary && data instanceof ArrayBuffer ? data : data.toString();
      handler.message(peer, message, { context }).catch(() => {
        // the error may quote what came in, which may hold a secret
        context.logger.warn({}, 'A message could not be understood; its sender was cut off');
        socket.close(1007, 'Not understood');
      });
    });
    socket.on('close', () => {
      clearInterval(heartbeat);
      sockets.delete(socket);
      handler.close(peer);
    });
  };

  return {
    accept,
    get count() {
      return sockets.size;
    },
    closeAll() {
      for (const socket of sockets) {
        socket.close(1001, 'Clusterdeck ends');
        // a frozen tab does not answer, and must not hold up the end
        setTimeout(() => socket.terminate(), GOODBYE_MS).unref();
      }
    },
  };
}
