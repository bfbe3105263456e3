import { and, asc, eq } from 'drizzle-orm';
import { z } from 'zod';
import { type FailureView, failureView } from '#shared/contract/errors';
import type { Intent } from '#shared/domain/sync/settle';
import { outbox } from '../db/schema/index';
import type { Reader, Writer } from '../db/store';

/** A cluster whose changes wait for a remote. */
export interface OutboxRow {
  id: number;
  remoteUuid: string;
  clusterUuid: string;
  /** ms since 1970, UTC */
  since: number;
  attempts: number;
  lastFailure: FailureView | null;
  /** the request that was on its way and whose end nobody has read yet */
  intent: Intent | null;
}

const storedIntent = z.object({
  kind: z.enum(['create', 'update', 'delete']),
  id: z.string(),
  values: z.record(z.string(), z.unknown()),
});

/** Oldest first. */
export function readOutbox(db: Reader): OutboxRow[] {
  return db.select().from(outbox).orderBy(asc(outbox.id)).all().map(toRow);
}

export function findRow(db: Reader, remoteUuid: string, clusterUuid: string): OutboxRow | null {
  const row = db.select().from(outbox).where(keyed(remoteUuid, clusterUuid)).get();
  return row === undefined ? null : toRow(row);
}

export function insertRow(
  db: Writer,
  row: Pick<OutboxRow, 'remoteUuid' | 'clusterUuid' | 'since'>,
): void {
  db.insert(outbox)
    .values({ ...row, attempts: 0 })
    .run();
}

export function updateRow(
  db: Writer,
  id: number,
  {
    intent,
    lastFailure,
    ...facts
  }: Partial<Pick<OutboxRow, 'attempts' | 'lastFailure' | 'intent'>>,
): void {
  const json = (value: object | null) => (value === null ? null : JSON.stringify(value));
  db.update(outbox)
    .set({
      ...facts,
      ...(intent !== undefined && { intent: json(intent) }),
      ...(lastFailure !== undefined && { lastFailure: json(lastFailure) }),
    })
    .where(eq(outbox.id, id))
    .run();
}

export function deleteRow(db: Writer, id: number): void {
  db.delete(outbox).where(eq(outbox.id, id)).run();
}

const keyed = (remoteUuid: string, clusterUuid: string) =>
  and(eq(outbox.remoteUuid, remoteUuid), eq(outbox.clusterUuid, clusterUuid));

function toRow({ intent, lastFailure, ...row }: typeof outbox.$inferSelect): OutboxRow {
  return {
    ...row,
    intent: intent === null ? null : storedIntent.parse(JSON.parse(intent)),
    lastFailure: lastFailure === null ? null : failureView.parse(JSON.parse(lastFailure)),
  };
}
