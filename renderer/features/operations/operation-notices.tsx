import { useEffect } from 'react';
import type { Operation } from '#shared/contract/operations';
import { useParam } from '../../app/address';
import { useLiveStore } from '../../app/context';
import { useToasts } from '../../ui/toast';
import { justEnded } from './summary';

type States = ReadonlyMap<string, Operation['state']>;

const statesOf = (operations: ReadonlyMap<string, Operation>): States =>
  new Map([...operations].map(([id, operation]) => [id, operation.state]));

/** Tells of an operation's end wherever one is; shows nothing itself. */
export function OperationNotices() {
  const store = useLiveStore();
  const { notify } = useToasts();
  const [, openOperation] = useParam('operation');
  useEffect(() => {
    const sinceMs = Date.now();
    let before = statesOf(store.getState().operations);
    return store.subscribe(({ operations }, previous) => {
      if (operations === previous.operations) return;
      for (const { id, tone, title, detail } of justEnded(
        before,
        [...operations.values()],
        sinceMs,
      )) {
        notify({
          // what is not plainly well stays until it was read
          tone: tone === 'ok' ? 'ok' : 'bad',
          title,
          detail,
          action: { label: 'Look', run: () => openOperation(id) },
        });
      }
      before = statesOf(operations);
    });
  }, [store, notify, openOperation]);
  return null;
}
