import { RPCLink } from '@orpc/client/message-port';
import type { Bridge } from '#shared/contract/bridge';
import type { Dialer } from './wire';

const HANDSHAKE = 'clusterdeck:port';

/** Connects through the port that the desktop program's preload hands to the page. */
export function createPortDialer(bridge: Bridge, page: Window): Dialer {
  return {
    async dial(signal) {
      const port = await receivePort(bridge, page, signal);
      const { promise: closed, resolve } = Promise.withResolvers<void>();
      port.addEventListener('close', () => resolve());
      const link = new RPCLink({ port });
      port.start();
      return {
        link,
        closed,
        close() {
          port.close();
          // a port tells only its other side that it was closed
          resolve();
        },
      };
    },
  };
}

function receivePort(bridge: Bridge, page: Window, signal: AbortSignal): Promise<MessagePort> {
  const { promise, resolve, reject } = Promise.withResolvers<MessagePort>();
  const listening = new AbortController();
  const accept = (event: MessageEvent<unknown>) => {
    const port = event.ports[0];
    if (event.source !== page || event.data !== HANDSHAKE || port === undefined) return;
    resolve(port);
  };
  page.addEventListener('message', accept, { signal: listening.signal });
  signal.addEventListener('abort', () => reject(signal.reason), { signal: listening.signal });
  bridge.connect();
  return promise.finally(() => listening.abort());
}
