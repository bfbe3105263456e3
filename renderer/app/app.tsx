import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { type ComponentProps, useState } from 'react';
import { Router } from 'wouter';
import { LockScreen } from '../features/access/lock-screen';
import { ImportProvider } from '../features/bundles/import-context';
import { SyncProvider } from '../features/sync/sync-context';
import { isAbort, problemOf } from '../transport/failure';
import { TickerProvider } from '../ui/now';
import { ToastProvider } from '../ui/toast';
import { TooltipProvider } from '../ui/tooltip';
import { useAppearance } from './appearance';
import { ServicesProvider, useLive } from './context';
import { DialogsProvider } from './dialogs';
import { Frame } from './frame/frame';
import { LeaveGuardProvider, useGuardedLocation } from './leave-guard';

/** Only reads pass through here; a typed refusal is an answer and asking again will not change it. */
function retryRead(failures: number, error: Error): boolean {
  return failures < 2 && !isAbort(error) && problemOf(error).code === null;
}

function createQueries(): QueryClient {
  return new QueryClient({
    defaultOptions: {
      queries: { retry: retryRead, refetchOnWindowFocus: false, networkMode: 'always' },
      mutations: { retry: false, networkMode: 'always' },
    },
  });
}

export function App(props: { services: ComponentProps<typeof ServicesProvider>['services'] }) {
  return (
    <ServicesProvider services={props.services}>
      <TickerProvider>
        <TooltipProvider>
          <Door />
        </TooltipProvider>
      </TickerProvider>
    </ServicesProvider>
  );
}

/** While the app is locked nothing else is there: what pages, dialogs and messages held is gone. */
function Door() {
  const locked = useLive((state) => state.access?.locked ?? false);
  return locked ? <LockScreen /> : <Desk />;
}

function Desk() {
  const [queries] = useState(createQueries);
  return (
    <QueryClientProvider client={queries}>
      <ToastProvider>
        <LeaveGuardProvider>
          <Router hook={useGuardedLocation} hrefs={(path) => `#${path}`}>
            <DialogsProvider>
              <Appearance />
              <SyncProvider>
                <ImportProvider>
                  <Frame />
                </ImportProvider>
              </SyncProvider>
            </DialogsProvider>
          </Router>
        </LeaveGuardProvider>
      </ToastProvider>
    </QueryClientProvider>
  );
}

/** Puts the chosen theme and density on the document. */
function Appearance() {
  useAppearance();
  return null;
}
