import { CircleCheck } from 'lucide-react';
import { useLocation } from 'wouter';
import type { ImportOutcome } from '#shared/contract/bundles';
import { Button } from '../../ui/button';
import { Card } from '../../ui/card';
import { EmptyState } from '../../ui/feedback';
import { plural } from '../deck/deck-view';
import { useImportDesk } from './import-context';
import { useUndo } from './use-undo';

/** What an import did, and the step back. */
export function ImportDone({ outcome }: { outcome: ImportOutcome }) {
  const desk = useImportDesk();
  const [, navigate] = useLocation();
  const undo = useUndo();
  const { created, changed, kept, importId } = outcome;
  const count = created.length + changed.length;
  return (
    <Card>
      <EmptyState
        icon={CircleCheck}
        title={count === 0 ? 'Nothing was changed' : `${plural(count, 'cluster')} imported`}
        actions={
          <>
            {importId !== null && (
              <Button busy={undo.isPending} onClick={() => undo.mutate(importId)}>
                Undo the import
              </Button>
            )}
            <Button onClick={desk.restart}>Import another file</Button>
            <Button tone="primary" onClick={() => navigate('/')}>
              Go to the deck
            </Button>
          </>
        }
      >
        <Told words="New" ids={created} />
        <Told words="Changed" ids={changed} />
        <Told words="Left as they were" ids={kept} />
      </EmptyState>
    </Card>
  );
}

const NAMED = 12;

function Told({ words, ids }: { words: string; ids: readonly string[] }) {
  if (ids.length === 0) return null;
  const rest = ids.length - NAMED;
  return (
    <p>
      {words}: {ids.slice(0, NAMED).join(', ')}
      {rest > 0 && ` and ${rest} more`}
    </p>
  );
}
