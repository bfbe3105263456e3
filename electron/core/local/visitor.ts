import { once } from 'node:events';
import { connect } from 'node:net';
import { createORPCClient } from '@orpc/client';
import { RPCLink } from '@orpc/client/message-port';
import { WebSocket } from 'ws';
import type { Client } from '#shared/contract/index';
import type { HostRecord } from './record';
import { readHostRecord } from './record';
import { MAX_MESSAGE_BYTES } from './rpc-sockets';

const HANDSHAKE_MS = 5_000;

/** A connection to the host that holds the data folder. */
export interface Visit {
  client: Client;
  record: HostRecord;
  /** whether the host has gone away without being asked to */
  readonly lost: boolean;
  close(): void;
}

/** @returns null when no host serves this folder (yet, or any more) */
export async function visitHost(dataDir: string): Promise<Visit | null> {
  const record = readHostRecord(dataDir);
  if (record === null || record.local === null) return null;
  const { address, key } = record.local;
  const socket = new WebSocket('ws://clusterdeck.invalid/rpc', {
    // spelled out because a path inside a ws+unix: address may not have a colon
    createConnection: () => connect(address),
    headers: { authorization: `Bearer ${key}` },
    handshakeTimeout: HANDSHAKE_MS,
    maxPayload: MAX_MESSAGE_BYTES * 8,
    perMessageDeflate: false,
  });
  try {
    await once(socket, 'open');
  } catch {
    return null;
  }
  let lost = false;
  socket.on('error', () => socket.terminate());
  socket.on('close', () => {
    lost = true;
  });
  return {
    client: createORPCClient(new RPCLink({ port: asPort(socket) })),
    record,
    get lost() {
      return lost;
    },
    close: () => socket.close(),
  };
}

/** `ws` in the shape of a port: its types are not those of a browser's WebSocket. */
function asPort(socket: WebSocket) {
  return {
    postMessage(data: string | Uint8Array) {
      // a closed socket swallows what is sent, and the call would wait for ever
      if (socket.readyState !== WebSocket.OPEN) throw new Error('The host has gone away.');
      socket.send(data);
    },
    onMessage: {
      addListener: (listener: (data: unknown) => void) =>
        socket.on('message', (data, isBinary) => listener(isBinary ? data : data.toString())),
    },
    onDisconnect: {
      addListener: (listener: () => void) => socket.on('close', listener),
    },
  };
}
