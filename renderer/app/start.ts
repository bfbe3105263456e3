import { createORPCClient } from '@orpc/client';
import type { Bridge } from '#shared/contract/bridge';
import type { Client } from '#shared/contract/index';
import { Connection } from '../transport/connection';
import { createPortDialer } from '../transport/port-dialer';
import { createSocketDialer } from '../transport/socket-dialer';
import { reportActivity } from './activity';
import { followDesk } from './desk-subscriber';
import { createLiveStore, type LiveStore } from './live-store';

declare global {
  interface Window {
    /** put there by the desktop program's preload */
    readonly clusterdeck?: Bridge;
  }
}

/** Connects the page to its host and keeps the live store fed. */
export function startServices(page: Window) {
  const bridge = page.clusterdeck;
  const connection = new Connection({
    dialer: bridge ? createPortDialer(bridge, page) : createSocketDialer(page.location),
    ping: (link, signal) => link.call(['app', 'info'], undefined, { signal, context: {} }),
  });
  const client: Client = createORPCClient(connection);
  const live = createLiveStore();
  // the host closes a window's socket or port when it goes; a reload must not leave two
  page.addEventListener('pagehide', () => connection.stop(), { once: true });
  void connection.run((signal) => followDesk(client, live, signal, withNextFrame));
  reportAttention(client, live, page.document);
  reportActivity(client.access, live, page.document);
  return { client, connection, live };
}

/** Tells the core whether anybody sees this window, which decides how often it polls. */
function reportAttention(client: Client, live: LiveStore, page: Document): void {
  const report = () => {
    const { subscription } = live.getState();
    if (subscription === null) return;
    const visible = page.visibilityState === 'visible';
    // a report that is lost with its connection is made again with the next snapshot
    client.live.attention({ subscription, visible }).catch(() => undefined);
  };
  page.addEventListener('visibilitychange', report);
  live.subscribe((state, before) => {
    if (state.subscription !== before.subscription) report();
  });
}

/** With the next frame; a page in the background gets no frames, so there by a timer. */
function withNextFrame(work: () => void): void {
  if (document.visibilityState === 'visible') requestAnimationFrame(work);
  else setTimeout(work, 50);
}
