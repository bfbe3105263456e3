import { RPCLink } from '@orpc/client/websocket';
import { type Dialer, WireRefused } from './wire';

/** Connects to the browser host that served this page. */
export function createSocketDialer(page: Location): Dialer {
  const url = new URL('rpc', page.href.split('#')[0]);
  url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:';
  return {
    async dial(signal) {
      const socket = new WebSocket(url);
      const { promise: closed, resolve: ended } = Promise.withResolvers<void>();
      const { promise: opened, resolve, reject } = Promise.withResolvers<void>();
      const abort = () => {
        socket.close();
        reject(signal.reason);
      };
      signal.addEventListener('abort', abort);
      socket.addEventListener('open', () => resolve());
      socket.addEventListener('close', () => {
        ended();
        reject(new Error('The connection was closed.'));
      });
      // the link listens from now on, so that no message is missed
      const link = new RPCLink({ websocket: socket });
      try {
        await opened;
      } catch (error) {
        await throwIfSignedOut(page);
        throw error;
      } finally {
        signal.removeEventListener('abort', abort);
      }
      return { link, closed, close: () => socket.close() };
    },
  };
}

/** A refused WebSocket does not say why; the page's own address does. */
async function throwIfSignedOut(page: Location): Promise<void> {
  const answer = await fetch(page.pathname, { method: 'HEAD', cache: 'no-store' }).catch(
    () => null,
  );
  if (answer?.status !== 401 && answer?.status !== 403) return;
  throw new WireRefused(
    'This window is not signed in any more.',
    'Close it and open Clusterdeck again, or open the address which it prints in its terminal.',
  );
}
