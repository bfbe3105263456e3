import { asc, eq } from 'drizzle-orm';
import { audit } from '../../db/schema/index';
import type { Reader } from '../../db/store';

/** One order that this desk sent, and how that ended. */
export interface Ordered {
  at: number;
  /** OS user and host */
  who: string;
  /** `start`, `rollback`, ... */
  what: string;
  result: string;
}

/** What the audit has of the orders to an operation, the first one first. */
export function ordersTo(db: Reader, id: string): Ordered[] {
  return db
    .select()
    .from(audit)
    .where(eq(audit.target, id))
    .orderBy(asc(audit.seq))
    .all()
    .flatMap(({ at, actor, action, result }) => {
      const [, what] = /^operation\.(\w+)$/.exec(action) ?? [];
      return what === undefined ? [] : [{ at, who: actor, what, result }];
    });
}
