import { useCallback } from 'react';
import { useLocation, useSearch } from 'wouter';

/**
 * One parameter of the address, as a filter or an open drawer, so that reload, back and forward
 * keep it.
 * @returns its value and a setter; null takes it away, `replace` makes no step for "back"
 */
export function useParam(
  name: string,
): [string | null, (value: string | null, options?: { replace: boolean }) => void] {
  const [location, navigate] = useLocation();
  const search = useSearch();
  const set = useCallback(
    (value: string | null, options?: { replace: boolean }) => {
      // read when it is needed: two changes in one handler must not undo each other
      const params = new URLSearchParams(window.location.search);
      if (value === null || value === '') params.delete(name);
      else params.set(name, value);
      navigate(`${location}?${params}`, options);
    },
    [name, location, navigate],
  );
  return [new URLSearchParams(search).get(name), set];
}
