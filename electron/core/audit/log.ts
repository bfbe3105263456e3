import { desc } from 'drizzle-orm';
import { audit } from '../db/schema/index';
import type { Reader, Writer } from '../db/store';
import type { Clock } from '../ports';
import { firstBroken, GENESIS, hashOf } from './chain';
import { masked } from './mask';

/** One line of the audit; `before` and `after` are plain values with no secret in them. */
export interface AuditEntry {
  /** `cluster.update`, `vault.change`, `guest.stop`, ... */
  action: string;
  /** what it was done to: a cluster_id, a group's name, `prod qemu/100` */
  subject: string;
  /** uuid of what it was done to, which stays when it is renamed */
  target?: string;
  before?: unknown;
  after?: unknown;
  /** default `ok` */
  result?: string;
}

const RECENT_ROWS = 500;

/** The append-only record of changes; each row's hash covers its content and the row before it. */
export class AuditLog {
  readonly #actor: string;
  readonly #clock: Pick<Clock, 'now'>;

  /** @param actor OS user and host, as `ada@desk` */
  constructor(actor: string, clock: Pick<Clock, 'now'>) {
    this.#actor = actor;
    this.#clock = clock;
  }

  append(db: Writer, entry: AuditEntry): void {
    const last = db.select().from(audit).orderBy(desc(audit.seq)).limit(1).get();
    const row = {
      seq: (last?.seq ?? 0) + 1,
      at: this.#clock.now(),
      actor: this.#actor,
      action: entry.action,
      subject: entry.subject,
      before: toJson(entry.before),
      after: toJson(entry.after),
      result: entry.result ?? 'ok',
      prevHash: last?.hash ?? GENESIS,
      target: entry.target ?? null,
    };
    db.insert(audit)
      .values({ ...row, hash: hashOf(row) })
      .run();
  }

  /** As {@link firstBroken}, for the latest rows only: quick enough for every start. */
  firstBrokenLately(db: Reader): number | null {
    const last = db.select().from(audit).orderBy(desc(audit.seq)).limit(1).get()?.seq ?? 0;
    return this.firstBroken(db, Math.max(1, last - RECENT_ROWS));
  }

  /**
   * Walks the chain from `fromSeq` on.
   * @returns the seq of the first row that does not fit, or null when all do
   */
  firstBroken(db: Reader, fromSeq = 1): number | null {
    return firstBroken(db, fromSeq);
  }
}

const toJson = (value: unknown): string | null =>
  value === undefined ? null : JSON.stringify(masked(value));
