import { desc, eq, notInArray } from 'drizzle-orm';
import { type Draft, draftSchema } from '#shared/contract/drafts';
import { drafts } from '../db/schema/index';
import type { Store } from '../db/store';
import type { Clock } from '../ports';

const KEPT = 100;

/** What forms held when they were left. No edit of anything, so the audit does not tell of it. */
export class DraftService {
  readonly #store: Store;
  readonly #clock: Pick<Clock, 'now'>;

  constructor(store: Store, clock: Pick<Clock, 'now'>) {
    this.#store = store;
    this.#clock = clock;
  }

  get(key: string): Draft | null {
    const row = this.#store.read.select().from(drafts).where(eq(drafts.key, key)).get();
    if (row === undefined) return null;
    return draftSchema.parse({ value: JSON.parse(row.value), at: row.keptAt });
  }

  keep(key: string, value: Draft['value']): void {
    const row = { value: JSON.stringify(value), keptAt: this.#clock.now() };
    this.#store.mutate(({ db }) => {
      db.insert(drafts)
        .values({ key, ...row })
        .onConflictDoUpdate({ target: drafts.key, set: row })
        .run();
      const newest = db
        .select({ key: drafts.key })
        .from(drafts)
        .orderBy(desc(drafts.keptAt))
        .limit(KEPT);
      db.delete(drafts).where(notInArray(drafts.key, newest)).run();
    });
  }

  drop(key: string): void {
    this.#store.mutate(({ db }) => db.delete(drafts).where(eq(drafts.key, key)).run());
  }
}
