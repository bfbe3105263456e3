import { z } from 'zod';
import type { Condition, State, Write } from '../../../state/types';
import { written } from './ground';

/** One job on its way, at `merge/carried/<operation>/<number at its old place>`. */
const carriedRecord = z.object({
  /** its number in the losing cluster */
  id: z.string(),
  user: z.string(),
  /** its number in the gaining cluster; null as long as it is not there */
  to: z.string().nullable(),
  /** held by its user before it was carried */
  wasHeld: z.boolean(),
  /** it is only in the gaining cluster, as free as it was before */
  isReleased: z.boolean(),
  /** its number after it was carried back; null as long as it was not */
  back: z.string().nullable(),
  /** on the way back: nothing is to be done for it any more */
  isSettled: z.boolean(),
});
export type CarriedRecord = z.infer<typeof carriedRecord>;

const FOLDER = 'merge/carried/';
const folderOf = (operation: string) => `${FOLDER}${operation}/`;

/** What a merge knows of the jobs that it carries, in the gaining cluster's shared state. */
export class CarriedJobs {
  readonly #state: Pick<State, 'list' | 'commit'>;
  readonly #operation: string;
  readonly #leads: Condition;

  /** @param context of the coordinator that writes: one that was replaced changes nothing */
  constructor(
    state: Pick<State, 'list' | 'commit'>,
    { operation, leads }: { operation: string; leads: Condition },
  ) {
    this.#state = state;
    this.#operation = operation;
    this.#leads = leads;
  }

  /** In the order of their numbers. */
  async list(): Promise<CarriedRecord[]> {
    const entries = await this.#state.list(folderOf(this.#operation));
    return entries
      .flatMap(({ value }) => carriedRecord.safeParse(value).data ?? [])
      .toSorted((a, b) => a.id.localeCompare(b.id, 'en', { numeric: true }));
  }

  async put(record: CarriedRecord): Promise<void> {
    await this.#write({ key: this.#keyOf(record.id), put: record });
  }

  async remove(id: string): Promise<void> {
    await this.#write({ key: this.#keyOf(id), delete: true });
  }

  async clear(): Promise<void> {
    await this.#write({ prefix: folderOf(this.#operation), delete: true });
  }

  async #write(write: Write): Promise<void> {
    await written(this.#state, this.#leads, [write]);
  }

  #keyOf(id: string): string {
    return folderOf(this.#operation) + id;
  }
}
