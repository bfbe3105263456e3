import { useEffect, useEffectEvent, useSyncExternalStore } from 'react';
import type { ErrorCode } from '#shared/contract/errors';

function subscribe(listener: () => void): () => void {
  window.addEventListener('online', listener);
  window.addEventListener('offline', listener);
  return () => {
    window.removeEventListener('online', listener);
    window.removeEventListener('offline', listener);
  };
}

/**
 * Whether this machine has a network at all. "No" is sure; "yes" says nothing about any one server.
 */
export function useOnline(): boolean {
  return useSyncExternalStore(subscribe, () => navigator.onLine);
}

/** Runs when the network comes back, for what had to stop without it. */
export function useBackOnline(resume: () => void): void {
  const go = useEffectEvent(resume);
  useEffect(() => {
    const back = () => go();
    window.addEventListener('online', back);
    return () => window.removeEventListener('online', back);
  }, []);
}

const NETWORK: ReadonlySet<string> = new Set<ErrorCode>([
  'NAME_NOT_RESOLVED',
  'CONNECTION_REFUSED',
  'UNREACHABLE',
  'TIMEOUT',
]);

/** Whether something failed for want of a way there, so that it may succeed later as it is. */
export function isNetworkCode(code: string | null | undefined): boolean {
  return NETWORK.has(code ?? '');
}
