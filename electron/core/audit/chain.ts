import { createHash } from 'node:crypto';
import { setImmediate as breathe } from 'node:timers/promises';
import { asc, desc, eq, gte } from 'drizzle-orm';
import { z } from 'zod';
import { audit } from '../db/schema/index';
import type { Reader } from '../db/store';
import { fromJson } from './json';

export type AuditRow = typeof audit.$inferSelect;

/** What the first row of all follows. */
export const GENESIS = '0'.repeat(64);
/** Says in the chain itself that older rows went, and what the first one left follows. */
export const PRUNE = 'audit.prune';
// others wait for one page at most
const PAGE_ROWS = 250;

/** What a row of action {@link PRUNE} tells in `after`. */
const anchorSchema = z.object({
  through: z.number().int().positive(),
  hash: z.string(),
  rows: z.number().int(),
});

/** SHA-256 over the row and the hash of the one before it, hex. */
export function hashOf(row: Omit<AuditRow, 'hash'>): string {
  const { seq, at, actor, action, subject, before, after, result, prevHash, target } = row;
  const content = [seq, at, actor, action, subject, before, after, result, prevHash];
  // rows of before there were targets keep their hash
  if (target !== null) content.push(target);
  return createHash('sha256').update(JSON.stringify(content)).digest('hex');
}

export interface ChainCheck {
  checked: number;
  /** the first row that is not what it was or not where it was; null when all are */
  brokenAt: number | null;
  /** the newest row that was removed for its age; 0: none was */
  prunedThrough: number;
}

/** Checks the whole chain, letting others work in between. */
export async function checkChain(db: Reader): Promise<ChainCheck> {
  const walk = walkChain(db, 1);
  for (;;) {
    const step = walk.next();
    if (step.done === true) return step.value;
    await breathe();
  }
}

/** As {@link checkChain}, at once and from a row on. */
export function firstBroken(db: Reader, fromSeq: number): number | null {
  const walk = walkChain(db, fromSeq);
  for (;;) {
    const step = walk.next();
    if (step.done === true) return step.value.brokenAt;
  }
}

/** Yields after each page of rows. */
function* walkChain(db: Reader, fromSeq: number): Generator<void, ChainCheck> {
  const { through: prunedThrough, hash: anchorHash } = anchorOf(db);
  let seq = Math.max(fromSeq, prunedThrough + 1);
  let previousHash = seq === prunedThrough + 1 ? anchorHash : hashAt(db, seq - 1);
  let checked = 0;
  for (;;) {
    const rows = pageFrom(db, seq);
    for (const row of rows) {
      const follows = row.seq === seq && row.prevHash === previousHash;
      if (!follows || hashOf(row) !== row.hash) return { checked, brokenAt: seq, prunedThrough };
      previousHash = row.hash;
      seq += 1;
      checked += 1;
    }
    if (rows.length < PAGE_ROWS) return { checked, brokenAt: null, prunedThrough };
    yield;
  }
}

const pageFrom = (db: Reader, seq: number) =>
  db.select().from(audit).where(gte(audit.seq, seq)).orderBy(asc(audit.seq)).limit(PAGE_ROWS).all();

const hashAt = (db: Reader, seq: number): string | undefined =>
  db.select().from(audit).where(eq(audit.seq, seq)).get()?.hash;

/** Up to where rows were removed, and the hash that the first one left follows. */
function anchorOf(db: Reader): { through: number; hash: string } {
  const latest = db.select().from(audit).where(eq(audit.action, PRUNE)).orderBy(desc(audit.seq));
  const anchor = anchorSchema.safeParse(fromJson(latest.limit(1).get()?.after ?? null));
  return anchor.success ? anchor.data : { through: 0, hash: GENESIS };
}
