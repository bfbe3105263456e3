import { and, eq } from 'drizzle-orm';
import { z } from 'zod';
import type { Base } from '#shared/domain/sync/types';
import { bases } from '../db/schema/index';
import type { Reader, Writer } from '../db/store';

type Row = typeof bases.$inferSelect;
const storedValues = z.record(z.string(), z.unknown());

/** What was last agreed on with a remote, clusters that are gone here among it. */
export function readBases(db: Reader, remoteUuid: string): Base[] {
  return db.select().from(bases).where(eq(bases.remoteUuid, remoteUuid)).all().map(toBase);
}

export function findBase(db: Reader, remoteUuid: string, clusterUuid: string): Base | null {
  const row = db.select().from(bases).where(keyed(remoteUuid, clusterUuid)).get();
  return row === undefined ? null : toBase(row);
}

/** @param agreedAt ms since 1970, UTC */
export function writeBase(db: Writer, remoteUuid: string, base: Base, agreedAt: number): void {
  const { clusterUuid, id, number, createdThere, values } = base;
  const facts = {
    remoteId: id,
    remoteNumber: number,
    createdThere,
    fields: JSON.stringify(values),
    agreedAt,
  };
  db.insert(bases)
    .values({ remoteUuid, clusterUuid, ...facts })
    .onConflictDoUpdate({ target: [bases.remoteUuid, bases.clusterUuid], set: facts })
    .run();
}

export function deleteBase(db: Writer, remoteUuid: string, clusterUuid: string): void {
  db.delete(bases).where(keyed(remoteUuid, clusterUuid)).run();
}

const keyed = (remoteUuid: string, clusterUuid: string) =>
  and(eq(bases.remoteUuid, remoteUuid), eq(bases.clusterUuid, clusterUuid));

function toBase({ clusterUuid, remoteId, remoteNumber, createdThere, fields }: Row): Base {
  const values = storedValues.parse(JSON.parse(fields));
  return { clusterUuid, id: remoteId, number: remoteNumber, createdThere, values };
}
