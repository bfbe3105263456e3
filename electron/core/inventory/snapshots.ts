import { promisify } from 'node:util';
import { deflateRaw, inflateRawSync } from 'node:zlib';
import { z } from 'zod';
import { clusterosLive, type InventoryRows, inventoryRows } from '#shared/contract/inventory';
import { inventorySnapshots } from '../db/schema/index';
import type { Store } from '../db/store';
import type { Logger } from '../ports';

const compress = promisify(deflateRaw);

const { members, jobs, pods, services, partitions, ...first } = inventoryRows.shape;
/** What was written before there were other kinds has only the first three tables. */
const rows = z.object({
  ...first,
  members: members.default([]),
  jobs: jobs.default([]),
  pods: pods.default([]),
  services: services.default([]),
  partitions: partitions.default([]),
});
const remembered = z.object({
  rows,
  status: z.object({
    version: z.string().nullable(),
    clusterName: z.string().nullable(),
    quorate: z.boolean().nullable(),
    standalone: z.boolean().nullable(),
    clusteros: clusterosLive.nullable().default(null),
  }),
  lastOnline: z.array(z.tuple([z.string(), z.number()])),
});

/** What was last known of a cluster. */
export interface Remembered extends z.infer<typeof remembered> {
  /** when it was measured, ms */
  asOf: number;
  rows: InventoryRows;
}

/** Keeps the last known inventory of each cluster over restarts, for starts without a network. */
export class SnapshotStore {
  readonly #store: Pick<Store, 'read' | 'mutate'>;
  readonly #logger: Logger;

  constructor(store: Pick<Store, 'read' | 'mutate'>, logger: Logger) {
    this.#store = store;
    this.#logger = logger;
  }

  /** By cluster uuid. One that cannot be read is left out: the next poll writes a new one. */
  load(): Map<string, Remembered> {
    const found = new Map<string, Remembered>();
    for (const row of this.#store.read.select().from(inventorySnapshots).all()) {
      try {
        const body = remembered.parse(JSON.parse(inflateRawSync(row.body).toString('utf8')));
        found.set(row.clusterUuid, { ...body, asOf: row.asOf });
      } catch (error) {
        this.#logger.warn(
          { cluster: row.clusterUuid, error },
          'A remembered inventory is unreadable',
        );
      }
    }
    return found;
  }

  /** Never fails: what is remembered is a comfort, and watching goes on without it. */
  async save(uuid: string, known: Remembered): Promise<void> {
    const { asOf, ...rest } = known;
    try {
      const body = await compress(JSON.stringify(rest), { level: 4 });
      this.#store.mutate(({ db }) =>
        db
          .insert(inventorySnapshots)
          .values({ clusterUuid: uuid, asOf, body })
          .onConflictDoUpdate({ target: inventorySnapshots.clusterUuid, set: { asOf, body } })
          .run(),
      );
    } catch (error) {
      this.#logger.warn({ cluster: uuid, error }, 'The inventory could not be remembered');
    }
  }
}
