import { promisify } from 'node:util';
import { deflateRawSync, inflateRaw } from 'node:zlib';
import { and, eq, sql } from 'drizzle-orm';
import { z } from 'zod';
import { operationAnswer } from '#shared/contract/agent/operations';
import { timestampMs } from '#shared/contract/base';
import {
  type ClusterOperation,
  clusterOperation,
  type OperationPlace,
} from '#shared/contract/cluster-operations';
import { clusterOperations } from '../../db/schema/index';
import type { Reader, Writer } from '../../db/store';

const unpack = promisify(inflateRaw);
/** An answer has at most some hundred lines; a damaged one must not fill the memory. */
const MAX_BYTES = 32 * 1024 * 1024;

/** All that was heard of an operation, and when. */
const heard = z.object({ answer: operationAnswer, heardAt: timestampMs });
export type Heard = z.infer<typeof heard>;

/** All there are; what cannot be read is left out, for the cluster tells it anew. */
export function listKnown(db: Reader): ClusterOperation[] {
  const { summary } = clusterOperations;
  return db
    .select({ summary })
    .from(clusterOperations)
    .all()
    .flatMap((row) => clusterOperation.safeParse(parsed(row.summary)).data ?? []);
}

/** null: only its line is known, or not even that. */
export async function findHeard(db: Reader, { uuid, id }: OperationPlace): Promise<Heard | null> {
  const { answer, clusterUuid } = clusterOperations;
  const row = db
    .select({ answer })
    .from(clusterOperations)
    .where(and(eq(clusterUuid, uuid), eq(clusterOperations.id, id)))
    .get();
  if (row === undefined || row.answer === null) return null;
  try {
    const text = await unpack(row.answer, { maxOutputLength: MAX_BYTES });
    return heard.safeParse(parsed(text.toString('utf8'))).data ?? null;
  } catch {
    return null;
  }
}

/** @param whole null: what is stored of it stays */
export function saveKnown(db: Writer, row: ClusterOperation, whole: Heard | null): void {
  const packed =
    whole === null ? null : deflateRawSync(Buffer.from(JSON.stringify(whole)), { level: 4 });
  const { uuid: clusterUuid, id, heardAt } = row;
  const summary = JSON.stringify(row);
  db.insert(clusterOperations)
    .values({ clusterUuid, id, heardAt, summary, answer: packed })
    .onConflictDoUpdate({
      target: [clusterOperations.clusterUuid, clusterOperations.id],
      set: { heardAt, summary, answer: packed ?? sql`${clusterOperations.answer}` },
    })
    .run();
}

/** Its agents know it no more. */
export function dropKnown(db: Writer, { uuid, id }: OperationPlace): void {
  db.delete(clusterOperations)
    .where(and(eq(clusterOperations.clusterUuid, uuid), eq(clusterOperations.id, id)))
    .run();
}

/** undefined: no JSON */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
