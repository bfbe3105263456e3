import { useCallback } from 'react';
import { useSearchParams } from 'wouter';

/**
 * One parameter of the address, as a filter or an open drawer, so that reload, back and forward
 * keep it.
 * @returns its value and a setter; null takes it away, `replace` makes no step for "back"
 */
export function useParam(
  name: string,
): [string | null, (value: string | null, options?: { replace: boolean }) => void] {
  const [params, setParams] = useSearchParams();
  const set = useCallback(
    (value: string | null, options?: { replace: boolean }) => {
      setParams((before) => {
        const next = new URLSearchParams(before);
        if (value === null || value === '') next.delete(name);
        else next.set(name, value);
        return next;
      }, options);
    },
    [name, setParams],
  );
  return [params.get(name), set];
}
