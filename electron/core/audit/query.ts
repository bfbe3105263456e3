import { and, desc, eq, gte, inArray, like, lt, lte, or, type SQL, sql } from 'drizzle-orm';
import type { z } from 'zod';
import type { auditFilter } from '#shared/contract/audit';
import { audit } from '../db/schema/index';
import type { Reader } from '../db/store';
import type { AuditRow } from './chain';

export type Filter = z.output<typeof auditFilter>;

/** The newest first. @param before only rows with a smaller seq */
export function selectRows(
  db: Reader,
  filter: Filter,
  { before, limit }: { before?: number | undefined; limit: number },
): AuditRow[] {
  const fits = and(whereOf(filter), before === undefined ? undefined : lt(audit.seq, before));
  return db.select().from(audit).where(fits).orderBy(desc(audit.seq)).limit(limit).all();
}

export function countRows(db: Reader, filter: Filter): number {
  return db.select({ n: sql<number>`count(*)` }).from(audit).where(whereOf(filter)).get()?.n ?? 0;
}

/** Every action there is, in order. */
export function selectActions(db: Reader): string[] {
  const rows = db.selectDistinct({ action: audit.action }).from(audit).orderBy(audit.action).all();
  return rows.map(({ action }) => action);
}

export function selectRow(db: Reader, seq: number): AuditRow | undefined {
  return db.select().from(audit).where(eq(audit.seq, seq)).get();
}

function whereOf({ text, actions, subject, from, to }: Filter): SQL | undefined {
  return and(
    ...text.split(/\s+/).filter(Boolean).map(contains),
    actions.length > 0 ? inArray(audit.action, actions) : undefined,
    subject === undefined ? undefined : isOf(subject),
    from === undefined ? undefined : gte(audit.at, from),
    to === undefined ? undefined : lte(audit.at, to),
  );
}

/** `prod` finds `prod` and what was done to its guests, `prod qemu/100 web`. */
function isOf(subject: string): SQL | undefined {
  const within = and(gte(audit.subject, `${subject} `), lt(audit.subject, `${subject}!`));
  return or(eq(audit.subject, subject), within);
}

const TRIGRAM = 3;

/** A word anywhere in a row, whatever its case. The index knows nothing shorter than three letters. */
function contains(word: string): SQL | undefined {
  if ([...word].length >= TRIGRAM) {
    const phrase = `"${word.replaceAll('"', '""')}"`;
    return sql`${audit.seq} in (select rowid from audit_text where audit_text match ${phrase})`;
  }
  const pattern = `%${word.replace(/[\\%_]/g, '\\$&')}%`;
  const columns = [audit.actor, audit.action, audit.subject, audit.before, audit.after];
  return or(...columns.map((column) => sql`${like(column, pattern)} escape '\\'`));
}
