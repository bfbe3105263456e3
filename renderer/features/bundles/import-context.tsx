import { createContext, type ReactNode, useContext, useState } from 'react';
import { useStore } from 'zustand';
import { useClient } from '../../app/context';
import { createImportDesk, type ImportDesk } from './import-desk';

const ImportContext = createContext<ImportDesk | null>(null);

/** Stands above the pages: a file may be dropped anywhere. */
export function ImportProvider(props: { children: ReactNode }) {
  const client = useClient();
  const [desk] = useState(() => createImportDesk(client));
  return <ImportContext value={desk}>{props.children}</ImportContext>;
}

export function useImportDesk(): ImportDesk {
  const desk = useContext(ImportContext);
  if (desk === null) throw new Error('useImportDesk needs an ImportProvider around it');
  return desk;
}

export function useImportState() {
  return useStore(useImportDesk().state);
}
