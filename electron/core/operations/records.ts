import { and, asc, desc, eq, inArray } from 'drizzle-orm';
import { z } from 'zod';
import { failureView } from '#shared/contract/errors';
import {
  itemState,
  type Operation,
  type OperationItem,
  operation,
} from '#shared/contract/operations';
import { operationItems, operations } from '../db/schema/index';
import type { Reader, Writer } from '../db/store';

type Row = typeof operations.$inferSelect;
type ItemRow = typeof operationItems.$inferSelect;

const { action, kind, state } = operation.shape;
const stored = z.object({ action, kind, state });

function toItem(row: ItemRow): OperationItem {
  const { operationId: _operation, position: _position, failure, state, ...rest } = row;
  return {
    ...rest,
    state: itemState.parse(state),
    failure: failure === null ? null : failureView.parse(JSON.parse(failure)),
  };
}

function toRow(operationId: string, position: number, item: OperationItem): ItemRow {
  const failure = item.failure === null ? null : JSON.stringify(item.failure);
  return { ...item, operationId, position, failure };
}

function assemble(db: Reader, rows: readonly Row[]): Operation[] {
  const ids = rows.map((row) => row.id);
  const items = db
    .select()
    .from(operationItems)
    .where(inArray(operationItems.operationId, ids))
    .orderBy(asc(operationItems.operationId), asc(operationItems.position))
    .all();
  const byId = Map.groupBy(items, (item) => item.operationId);
  return rows.map((row) => ({
    ...row,
    ...stored.parse(row),
    items: (byId.get(row.id) ?? []).map(toItem),
  }));
}

/** The newest first. */
export function listOperations(db: Reader, limit: number): Operation[] {
  const rows = db.select().from(operations).orderBy(desc(operations.createdAt)).limit(limit).all();
  return assemble(db, rows);
}

export function runningOperations(db: Reader): Operation[] {
  return assemble(db, db.select().from(operations).where(eq(operations.state, 'running')).all());
}

export function findOperation(db: Reader, id: string): Operation | undefined {
  return assemble(db, db.select().from(operations).where(eq(operations.id, id)).all())[0];
}

export function insertOperation(db: Writer, record: Operation): void {
  const { items, ...row } = record;
  db.insert(operations).values(row).run();
  for (const [position, item] of items.entries()) {
    db.insert(operationItems)
      .values(toRow(record.id, position, item))
      .run();
  }
}

/** Writes one changed item and the operation's own state. */
export function saveProgress(db: Writer, record: Operation, position: number): void {
  const item = record.items[position];
  if (item === undefined) return;
  const { id, state, endedAt } = record;
  db.update(operationItems)
    .set(toRow(id, position, item))
    .where(and(eq(operationItems.operationId, id), eq(operationItems.position, position)))
    .run();
  db.update(operations).set({ state, endedAt }).where(eq(operations.id, id)).run();
}
