import { gte, lte, max, min, type SQL } from 'drizzle-orm';
import { audit } from '../db/schema/index';
import type { Reader, Store } from '../db/store';
import type { Clock, Logger } from '../ports';
import { PRUNE } from './chain';
import { selectRow } from './query';

export interface RetentionDeps {
  store: Store;
  clock: Clock;
  logger: Logger;
  /** how long rows are kept */
  days(): number;
}

const DAY_MS = 86_400_000;
/** A clock that is wrong by years must not empty the audit. */
const LEAST_ROWS = 1000;

/**
 * Removes rows for their age, at the old end only. A row of the chain says up to where, and which
 * hash the first row left follows, so that the rest stays provable.
 */
export class AuditRetention {
  readonly #deps: RetentionDeps;
  readonly #end = new AbortController();

  constructor(deps: RetentionDeps) {
    this.#deps = deps;
  }

  /** Removes what is too old, now and once a day. */
  start(): void {
    const { clock, logger } = this.#deps;
    const { signal } = this.#end;
    const run = async () => {
      for (;;) {
        this.prune();
        await clock.sleep(DAY_MS, signal);
      }
    };
    run().catch((error: unknown) => {
      if (!signal.aborted) logger.error({ error }, 'Old rows of the audit could not be removed');
    });
  }

  stop(): void {
    this.#end.abort();
  }

  /** @returns how many rows went */
  prune(): number {
    return this.#deps.store.mutate((tx) => {
      const { clock, days } = this.#deps;
      const cutoff = clock.now() - days() * DAY_MS;
      const { oldest = 0, newest = 0 } = seqs(tx.db) ?? {};
      const { oldest: firstYoung = newest + 1 } = seqs(tx.db, gte(audit.at, cutoff)) ?? {};
      const through = Math.min(firstYoung - 1, newest - LEAST_ROWS);
      const last = selectRow(tx.db, through);
      if (last === undefined) return 0;
      const rows = through - oldest + 1;
      tx.audit({ action: PRUNE, subject: 'audit', after: { through, hash: last.hash, rows } });
      tx.db.delete(audit).where(lte(audit.seq, through)).run();
      return rows;
    });
  }
}

/** The oldest and newest seq among the rows that fit; null where none does. */
function seqs(db: Reader, fits?: SQL): { oldest: number; newest: number } | null {
  const columns = { oldest: min(audit.seq), newest: max(audit.seq) };
  const { oldest = null, newest = null } = db.select(columns).from(audit).where(fits).get() ?? {};
  return oldest === null || newest === null ? null : { oldest, newest };
}
