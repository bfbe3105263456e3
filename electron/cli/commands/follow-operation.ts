import { setTimeout as sleep } from 'node:timers/promises';
import { fail } from '#shared/contract/errors';
import type { Client } from '#shared/contract/index';
import type { Operation, OperationItem } from '#shared/contract/operations';
import { table } from '../output';
import type { CommandContext, ExitCode } from './context';

const LOOK_EVERY_MS = 200;

/**
 * Waits until an operation is over. A command that is ended before leaves it to the running
 * Clusterdeck, or to the next one, which finds out what became of it.
 * @throws Failure ABORTED
 */
export async function followed(
  { id }: Operation,
  client: Client,
  signal: AbortSignal,
): Promise<Operation> {
  for (;;) {
    const operation = await client.operations.get({ id });
    if (operation.state !== 'running') return operation;
    await sleep(LOOK_EVERY_MS, undefined, { signal }).catch(() => {
      throw fail('ABORTED', { remedy: 'What was sent goes on: look before you repeat it.' });
    });
  }
}

/** An operation's end as the command's result: 0 only where every item is done. */
export function tellOperation(operation: Operation, { out }: CommandContext): ExitCode {
  const { id, title, state, items } = operation;
  out.result(
    { ok: state === 'done', operation: id, title, state, items: items.map(itemJson) },
    () =>
      table(
        ['WHAT', 'STATE', 'MESSAGE'],
        items.map(({ label, state: end, message }) => [label, end, message]),
      ),
  );
  for (const { failure, label } of items) {
    if (failure !== null) out.note(`${label}: ${failure.data.remedy}`);
  }
  return state === 'done' ? 0 : 1;
}

function itemJson({ guestId, label, state, message, failure }: OperationItem) {
  const why = failure === null ? {} : { code: failure.code, remedy: failure.data.remedy };
  return { id: guestId, label, state, message, ...why };
}
