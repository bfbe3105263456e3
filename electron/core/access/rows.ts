import { access } from '../db/schema/index';
import type { Reader, Writer } from '../db/store';

/** Who may change what, as stored. */
export type AccessRow = Omit<typeof access.$inferSelect, 'id'>;

const NOBODY_ASKED: AccessRow = { viewer: false, idleMinutes: 0, appLock: null };

export function readAccess(db: Reader): AccessRow {
  return db.select().from(access).get() ?? NOBODY_ASKED;
}

export function writeAccess(db: Writer, row: AccessRow): void {
  const { viewer, idleMinutes, appLock } = row;
  const values = { viewer, idleMinutes, appLock };
  db.insert(access)
    .values({ id: 1, ...values })
    .onConflictDoUpdate({ target: access.id, set: values })
    .run();
}
