import { createContext, type ReactNode, useContext, useEffect, useMemo, useState } from 'react';
import { useHashLocation } from 'wouter/use-hash-location';
import { ConfirmDialog } from '../ui/confirm-dialog';

interface LeaveGuard {
  /** the page that must not be left unasked; null: none */
  held: string | null;
  hold: (location: string | null) => void;
}

const GuardContext = createContext<LeaveGuard>({ held: null, hold: () => undefined });

export function LeaveGuardProvider(props: { children: ReactNode }) {
  const [held, hold] = useState<string | null>(null);
  const guard = useMemo(() => ({ held, hold }), [held]);
  return (
    <GuardContext value={guard}>
      {props.children}
      <LeaveQuestion />
    </GuardContext>
  );
}

/**
 * The router's location: the hash, but the held page as long as it has unsaved changes, whichever
 * way the address was changed (link, back button, palette).
 */
export const useGuardedLocation: typeof useHashLocation = (options) => {
  const [location, navigate] = useHashLocation(options);
  const { held } = useContext(GuardContext);
  return [held ?? location, navigate];
};

/**
 * Asks before the page with unsaved changes is left. Closing the window asks nothing: what was typed
 * is kept as a draft.
 * @returns a function that lets go at once, for leaving after a save
 */
export function useLeaveGuard(dirty: boolean): () => void {
  const { hold } = useContext(GuardContext);
  const [location] = useHashLocation();
  useEffect(() => {
    if (!dirty) return undefined;
    hold(location);
    return () => hold(null);
    // the page held is the one on which the change was made
    // oxlint-disable-next-line react/exhaustive-deps
  }, [dirty, hold]);
  return () => hold(null);
}

function LeaveQuestion() {
  const { held, hold } = useContext(GuardContext);
  const [location, navigate] = useHashLocation();
  const leaving = held !== null && location !== held;
  return (
    <ConfirmDialog
      open={leaving}
      onOpenChange={() => {
        if (held !== null) navigate(held, { replace: true });
      }}
      title="Leave without saving?"
      action="Leave"
      onConfirm={() => hold(null)}
    >
      What you changed here is not saved yet. It stays as a draft for when you come back, without
      passwords.
    </ConfirmDialog>
  );
}
