// Draws 20,000 guests: as the program does, or (`?rival`) as a plain table of all rows.
import '../../../renderer/app/zod-without-eval';
import '../../../renderer/ui/tokens.css';
import '../../../renderer/ui/base.css';
import { createORPCClient } from '@orpc/client';
import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { createRoot } from 'react-dom/client';
import { Router } from 'wouter';
import { useHashLocation } from 'wouter/use-hash-location';
import type { Client } from '#shared/contract/index';
import { bytes, duration, percent, plain } from '#shared/domain/units';
import { ServicesProvider } from '../../../renderer/app/context';
import { applyEvent, createLiveStore } from '../../../renderer/app/live-store';
import { GuestList } from '../../../renderer/features/guests/guest-list';
import { Connection } from '../../../renderer/transport/connection';
import { TickerProvider } from '../../../renderer/ui/now';
import { ToastProvider } from '../../../renderer/ui/toast';
import { TooltipProvider } from '../../../renderer/ui/tooltip';
import { manyGuests } from './many-guests';

const CLUSTERS = 50;
const GUESTS_EACH = 400;

const { snapshot, inventories } = manyGuests(CLUSTERS, GUESTS_EACH);
const live = createLiveStore();
live.setState(inventories.reduce(applyEvent, applyEvent(live.getState(), snapshot)), true);
const connection = new Connection({
  dialer: { dial: () => new Promise(() => undefined) },
  ping: async () => undefined,
});
const client: Client = createORPCClient(connection);

function Program() {
  return (
    <ServicesProvider services={{ client, connection, live }}>
      <QueryClientProvider client={new QueryClient()}>
        <TickerProvider>
          <TooltipProvider>
            <ToastProvider>
              <Router hook={useHashLocation}>
                <div style={{ height: '100vh', padding: 14 }}>
                  <GuestList only={null} name="guests" emptyNote="" />
                </div>
              </Router>
            </ToastProvider>
          </TooltipProvider>
        </TickerProvider>
      </QueryClientProvider>
    </ServicesProvider>
  );
}

function Rival() {
  return (
    <div data-scroller style={{ height: '100vh', overflow: 'auto' }}>
      <table>
        <tbody>{[...live.getState().inventory.values()].map(rivalRows)}</tbody>
      </table>
    </div>
  );
}

function rivalRows({ guests }: { guests: { byId: ReadonlyMap<string, Row> } }, cluster: number) {
  return [...guests.byId.values()].map((row) => (
    <tr key={`${cluster} ${row.id}`}>
      <td>{row.name}</td>
      <td>{row.status}</td>
      <td>{row.vmid}</td>
      <td>{cluster}</td>
      <td>{row.node}</td>
      <td>{plain(percent(row.cpu))}</td>
      <td>{plain(bytes(row.mem))}</td>
      <td>{plain(duration(row.uptimeS))}</td>
      <td>{row.tags.join(' ')}</td>
    </tr>
  ));
}
type Row = (typeof inventories)[number]['rows']['guests'][number];

const root = document.getElementById('root');
if (root === null) throw new Error('The page has no #root element');

/** ms from the order to draw until the first frame with the rows has been handed over. */
async function draw(what: ReactNode): Promise<number> {
  const start = performance.now();
  createRoot(root as HTMLElement).render(what);
  while (document.querySelector('tbody tr') === null) await frame();
  await frame();
  return performance.now() - start;
}

const frame = () => new Promise<number>((resolve) => requestAnimationFrame(resolve));

/** ms between frames while the list is scrolled as fast as a wheel does. */
async function scroll(frames: number, stepPx: number): Promise<number[]> {
  const scroller =
    document.querySelector('[data-scroller]') ??
    document.querySelector('[role=grid]')?.parentElement;
  if (!scroller) throw new Error('There is no list to scroll');
  const times: number[] = [];
  let last = await frame();
  for (let count = 0; count < frames; count += 1) {
    scroller.scrollTop += stepPx;
    const now = await frame();
    times.push(now - last);
    last = now;
  }
  return times;
}

declare global {
  interface Window {
    bench: { draw(): Promise<number>; scroll: typeof scroll };
  }
}
window.bench = {
  draw: () => draw(location.search === '?rival' ? <Rival /> : <Program />),
  scroll,
};
