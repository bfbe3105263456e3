import { createTanstackQueryUtils } from '@orpc/tanstack-query';
import { createContext, type ReactNode, useContext, useMemo, useSyncExternalStore } from 'react';
import { useStore } from 'zustand';
import type { Client } from '#shared/contract/index';
import type { Connection, ConnectionStatus } from '../transport/connection';
import type { LiveState, LiveStore } from './live-store';

interface Services {
  /** for calls that change something and for streams */
  client: Client;
  connection: Connection;
  live: LiveStore;
}

const ServicesContext = createContext<Services | null>(null);

export function ServicesProvider(props: { services: Services; children: ReactNode }) {
  return <ServicesContext value={props.services}>{props.children}</ServicesContext>;
}

function useServices(): Services {
  const services = useContext(ServicesContext);
  if (services === null) throw new Error('A ServicesProvider is missing around this component');
  return services;
}

/** The typed client of the core. */
export function useClient(): Client {
  return useServices().client;
}

/** The client for asked data: `useQuery(useOrpc().charts.get.queryOptions({input}))`. */
export function useOrpc() {
  const client = useClient();
  return useMemo(() => createTanstackQueryUtils(client), [client]);
}

/** Pushed data; the selector must return something that keeps its identity while unchanged. */
export function useLive<Selected>(selector: (state: LiveState) => Selected): Selected {
  return useStore(useServices().live, selector);
}

/** The store itself, for reading inside event handlers. */
export function useLiveStore(): LiveStore {
  return useServices().live;
}

export function useConnectionStatus(): ConnectionStatus {
  const { connection } = useServices();
  return useSyncExternalStore(connection.subscribe, connection.status);
}
