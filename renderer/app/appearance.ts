import { useEffect } from 'react';
import type { Settings } from '#shared/contract/settings';
import { useLive } from './context';

const REMEMBERED = 'clusterdeck.appearance';

/**
 * Puts theme and density on the document element. They come with the first snapshot; the last ones
 * are remembered in the page's own storage, so that a start does not flash in the wrong theme.
 */
export function useAppearance(): void {
  const theme = useLive((state) => state.settings?.theme);
  const density = useLive((state) => state.settings?.density);
  useEffect(() => {
    const chosen = theme && density ? { theme, density } : remembered();
    if (chosen === null) return;
    show(document.documentElement, chosen);
    if (theme) localStorage.setItem(REMEMBERED, `${chosen.theme} ${chosen.density}`);
  }, [theme, density]);
}

type Appearance = Pick<Settings, 'theme' | 'density'>;

function show(root: HTMLElement, { theme, density }: Appearance): void {
  if (theme === 'system') delete root.dataset.theme;
  else root.dataset.theme = theme;
  root.dataset.density = density;
}

function remembered(): Appearance | null {
  const [theme, density] = (localStorage.getItem(REMEMBERED) ?? '').split(' ');
  if (theme !== 'system' && theme !== 'light' && theme !== 'dark') return null;
  return { theme, density: density === 'compact' ? 'compact' : 'comfortable' };
}
