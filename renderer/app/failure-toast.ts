import { useCallback } from 'react';
import { isAbort, problemOf } from '../transport/failure';
import { useToasts } from '../ui/toast';

/** For `onError` of a mutation whose screen has no better place for what went wrong. */
export function useFailureToast(): (error: unknown) => void {
  const { notify } = useToasts();
  return useCallback(
    (error) => {
      if (isAbort(error)) return;
      const { title, remedy } = problemOf(error);
      notify({ tone: 'bad', title, detail: remedy });
    },
    [notify],
  );
}
