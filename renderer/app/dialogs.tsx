import { createContext, type ReactNode, useContext, useMemo, useState } from 'react';

/** A dialog over whatever page is open. Features render them in `app/dialog-host.tsx`. */
export type DialogRequest =
  | { type: 'test' | 'trust' | 'secondFactor' | 'signIn' | 'mint' | 'missing'; uuid: string }
  | { type: 'remove' | 'duplicate'; uuid: string }
  | { type: 'follow'; uuid: string }
  /** without uuid a new one */
  | { type: 'remote'; uuid?: string }
  /** without uuid for no cluster of this deck */
  | { type: 'enrol'; uuid?: string }
  | {
      type:
        | 'groups'
        | 'export'
        | 'unlock'
        | 'vault'
        | 'appLock'
        | 'leaveViewer'
        | 'help'
        | 'palette';
    };

interface Dialogs {
  current: DialogRequest | null;
  /** replaces the one that is open */
  open: (dialog: DialogRequest) => void;
  close: () => void;
}

const DialogsContext = createContext<Dialogs | null>(null);

export function DialogsProvider(props: { children: ReactNode }) {
  const [current, setCurrent] = useState<DialogRequest | null>(null);
  const dialogs = useMemo(
    (): Dialogs => ({ current, open: setCurrent, close: () => setCurrent(null) }),
    [current],
  );
  return <DialogsContext value={dialogs}>{props.children}</DialogsContext>;
}

export function useDialogs(): Dialogs {
  const dialogs = useContext(DialogsContext);
  if (dialogs === null) throw new Error('useDialogs needs a DialogsProvider around it');
  return dialogs;
}
