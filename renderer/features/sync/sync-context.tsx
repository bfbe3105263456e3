import { createContext, type ReactNode, useContext, useState } from 'react';
import { useStore } from 'zustand';
import { useClient } from '../../app/context';
import { createSyncDesk, runOf, type SyncDesk, type SyncRun } from './sync-desk';

const SyncContext = createContext<SyncDesk | null>(null);

/** Stands above the pages, so that a sync goes on while another page is open. */
export function SyncProvider(props: { children: ReactNode }) {
  const client = useClient();
  const [desk] = useState(() => createSyncDesk(client));
  return <SyncContext value={desk}>{props.children}</SyncContext>;
}

export function useSyncDesk(): SyncDesk {
  const desk = useContext(SyncContext);
  if (desk === null) throw new Error('useSyncDesk needs a SyncProvider around it');
  return desk;
}

export function useSyncRun(remoteUuid: string): SyncRun {
  return useStore(useSyncDesk().runs, (runs) => runOf(runs, remoteUuid));
}
