import { useMutation, useQueryClient } from '@tanstack/react-query';
import type { UndoOutcome } from '#shared/contract/bundles';
import { useFailureToast } from '../../app/failure-toast';
import { useToasts } from '../../ui/toast';
import { plural } from '../deck/deck-view';
import { useImportDesk } from './import-context';

/** Takes an import back and tells what became of it. */
export function useUndo() {
  const desk = useImportDesk();
  const toasts = useToasts();
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (importId: number) => desk.undo(importId),
    onSuccess: (outcome) => toasts.notify(undone(outcome)),
    onError: useFailureToast(),
    onSettled: () => queries.invalidateQueries(),
  });
}

function undone({ removed, restored, refused }: UndoOutcome) {
  if (refused.length === 0) {
    const count = removed.length + restored.length;
    return { tone: 'ok' as const, title: `The import is undone: ${plural(count, 'cluster')}` };
  }
  const [first] = refused;
  const rest = refused.length - 1;
  return {
    tone: 'bad' as const,
    title: `${plural(refused.length, 'cluster')} stayed as ${refused.length === 1 ? 'it is' : 'they are'}`,
    detail: `${first?.clusterId}: ${first?.reason}${rest > 0 ? ` And ${rest} more.` : ''}`,
  };
}
