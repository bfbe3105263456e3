import type { z } from 'zod';
import type { Failure } from '#shared/contract/errors';
import type { OperationItem, operationKind } from '#shared/contract/operations';

export type OperationKind = z.infer<typeof operationKind>;

/** How one item's record is read and written. */
export interface ItemRecord {
  read(): OperationItem;
  change(
    change: Partial<Pick<OperationItem, 'state' | 'upid' | 'message' | 'failure' | 'startedAt'>>,
  ): void;
  /** with its end it is over */
  end(state: 'done' | 'failed' | 'unknown', message: string, failure?: Failure): void;
  /** tasks that belong to other items */
  taken(): ReadonlySet<string>;
}

/** Carries one item to its end. */
export type ItemWork = (record: ItemRecord, signal: AbortSignal) => Promise<void>;

/** How the items of one kind of operation are carried out. */
export interface ItemCarrier {
  /** begins their names in the audit, as `guest` */
  readonly word: string;
  /** items of one action at once in one cluster */
  atOnce(action: string): number;
  /** finds out what became of an item that an earlier run of the program left under way */
  takeUp(action: string): ItemWork;
}
