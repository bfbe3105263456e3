import { asc, eq } from 'drizzle-orm';
import { failureView } from '#shared/contract/errors';
import type { Remote } from '#shared/contract/remotes';
import { remotes } from '../db/schema/index';
import type { Reader, Writer } from '../db/store';

type Row = typeof remotes.$inferSelect;
/** A remote as configured, with whom both sides agreed on as the default cluster. */
export type StoredRemote = Omit<Remote, 'hasSecret'> & { defaultId: string | null };

/** In the order in which they were added. */
export function loadRemotes(db: Reader): StoredRemote[] {
  return db
    .select()
    .from(remotes)
    .orderBy(asc(remotes.createdAt), asc(remotes.name))
    .all()
    .map(toRemote);
}

export function insertRemote(db: Writer, remote: StoredRemote): void {
  db.insert(remotes).values(toRow(remote)).run();
}

export function updateRemote(db: Writer, remote: StoredRemote): void {
  db.update(remotes).set(toRow(remote)).where(eq(remotes.uuid, remote.uuid)).run();
}

/** Its bases and what waits for it go with it; clusters that follow it stay and follow none. */
export function deleteRemote(db: Writer, uuid: string): void {
  db.delete(remotes).where(eq(remotes.uuid, uuid)).run();
}

function toRemote({ syncedAt, lastFailure, ...row }: Row): StoredRemote {
  const failure = lastFailure === null ? null : failureView.parse(JSON.parse(lastFailure));
  return { ...row, lastSyncAt: syncedAt, lastFailure: failure };
}

function toRow({ lastSyncAt, lastFailure, ...remote }: StoredRemote): Row {
  const failure = lastFailure === null ? null : JSON.stringify(lastFailure);
  return { ...remote, syncedAt: lastSyncAt, lastFailure: failure };
}
