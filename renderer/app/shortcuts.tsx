import { useEffect } from 'react';
import { useLocation } from 'wouter';
import { useLive } from './context';
import { useDialogs } from './dialogs';

/** Whether keys are text here, so that a letter must not be a command. */
function isTyping(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && target.closest('input, textarea, select') !== null;
}

/**
 * The keys that work everywhere: Ctrl/Cmd-K palette, `?` help, `a` add a cluster, `/` the page's
 * search (the element marked `data-page-search`).
 */
export function Shortcuts() {
  const dialogs = useDialogs();
  const singleKeys = useLive((state) => state.settings?.singleKeys ?? true);
  const [, navigate] = useLocation();
  useEffect(() => {
    const byKey: Record<string, () => boolean> = {
      '?': () => (dialogs.open({ type: 'help' }), true),
      a: () => (navigate('/add'), true),
      '/': () => {
        const search = document.querySelector<HTMLInputElement>('[data-page-search]');
        search?.focus();
        search?.select();
        return search !== null;
      },
    };
    const onKey = (event: KeyboardEvent) => {
      if ((event.ctrlKey || event.metaKey) && !event.altKey && event.key.toLowerCase() === 'k') {
        event.preventDefault();
        dialogs.open({ type: 'palette' });
        return;
      }
      const plain = !event.ctrlKey && !event.metaKey && !event.altKey;
      if (!singleKeys || !plain || dialogs.current !== null || isTyping(event.target)) return;
      if (byKey[event.key]?.()) event.preventDefault();
    };
    document.addEventListener('keydown', onKey);
    return () => document.removeEventListener('keydown', onKey);
  }, [dialogs, navigate, singleKeys]);
  return null;
}
