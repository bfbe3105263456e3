import { UsageError } from '#electron/browser-host/usage-error';

/** The parts of `a,b`. @throws UsageError when there are none */
export function listed(option: string, text: string): string[] {
  const parts = text.split(',').map((part) => part.trim());
  const named = parts.filter((part) => part !== '');
  if (named.length === 0) throw new UsageError(`${option} names clusters, as a,b.`);
  return named;
}

export const orNone = (ids: readonly string[]): string =>
  ids.length === 0 ? 'none' : ids.join(', ');
