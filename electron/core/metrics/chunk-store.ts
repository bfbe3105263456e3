import { and, eq, lt } from 'drizzle-orm';
import { metricChunks, metricSeries } from '../db/schema/index';
import type { Store, Transaction } from '../db/store';
import { type ChunkValues, decodeChunk, encodeChunk, type Level } from './chunk';
import { type SeriesKey, seriesKey } from './samples';

/** One cluster's values from `startS` on, seconds since 1970. */
export interface StoredChunk {
  uuid: string;
  startS: number;
  values: ReadonlyMap<SeriesKey, Float32Array>;
}

/** Reads and writes stored chunks; series are numbered once and named by that number. */
export class ChunkStore {
  readonly #store: Pick<Store, 'read' | 'mutate' | 'sqlite'>;
  readonly #ids = new Map<string, Map<SeriesKey, number>>();
  readonly #get;
  readonly #put;
  readonly #name;
  readonly #windows;

  constructor(store: Pick<Store, 'read' | 'mutate' | 'sqlite'>) {
    this.#store = store;
    this.#get = store.sqlite.prepare<[number, number, string], { body: Buffer }>(
      'select body from metric_chunks where level = ? and start_s = ? and cluster_uuid = ?',
    );
    this.#put = store.sqlite.prepare<[number, number, string, Buffer]>(
      `insert into metric_chunks (level, start_s, cluster_uuid, body) values (?, ?, ?, ?)
       on conflict do update set body = excluded.body`,
    );
    this.#name = store.sqlite.prepare<[string, string, string], { id: number }>(
      `insert into metric_series (cluster_uuid, entity, metric) values (?, ?, ?) returning id`,
    );
    this.#windows = store.sqlite.prepare<[number, number, number], { uuid: string; start: number }>(
      `select distinct cluster_uuid as uuid, start_s as start from metric_chunks
       where level = ? and start_s >= ? and start_s < ?`,
    );
  }

  /** Writes or replaces chunks in one transaction: each costs the disk a flush. */
  put(level: Level, chunks: readonly StoredChunk[]): void {
    this.#store.mutate((tx) => {
      const fresh = new Map<string, number>();
      for (const { uuid, startS, values } of chunks) {
        const byId: ChunkValues = new Map();
        for (const [key, row] of values) byId.set(this.#idFor(tx, fresh, uuid, key), row);
        this.#put.run(level.level, startS, uuid, encodeChunk(level, byId));
      }
    });
  }

  /** The wanted series of one chunk; empty where nothing was recorded. */
  get(
    level: Level,
    startS: number,
    uuid: string,
    wanted: readonly SeriesKey[] | 'all',
  ): Map<SeriesKey, Float32Array> {
    const found = new Map<SeriesKey, Float32Array>();
    const row = this.#get.get(level.level, startS, uuid);
    if (row === undefined) return found;
    const names = new Map<number, SeriesKey>();
    for (const [key, id] of this.#idsOf(uuid)) {
      if (wanted === 'all' || wanted.includes(key)) names.set(id, key);
    }
    for (const [id, values] of decodeChunk(row.body, (each) => names.has(each))) {
      const key = names.get(id);
      if (key !== undefined) found.set(key, values);
    }
    return found;
  }

  has(level: Level, startS: number, uuid: string): boolean {
    return this.#get.get(level.level, startS, uuid) !== undefined;
  }

  /** Which clusters have chunks that start in [fromS, toS). */
  starts(level: Level, fromS: number, toS: number): Array<{ uuid: string; start: number }> {
    return this.#windows.all(level.level, fromS, toS);
  }

  /** Removes chunks that start before `beforeS`. */
  prune(level: Level, beforeS: number): void {
    this.#store.mutate(({ db }) =>
      db
        .delete(metricChunks)
        .where(and(eq(metricChunks.level, level.level), lt(metricChunks.startS, beforeS)))
        .run(),
    );
  }

  forget(uuid: string): void {
    this.#ids.delete(uuid);
  }

  #idsOf(uuid: string): Map<SeriesKey, number> {
    const known = this.#ids.get(uuid);
    if (known !== undefined) return known;
    const rows = this.#store.read
      .select()
      .from(metricSeries)
      .where(eq(metricSeries.clusterUuid, uuid))
      .all();
    const ids = new Map(rows.map((row) => [seriesKey(row.entity, row.metric), row.id]));
    this.#ids.set(uuid, ids);
    return ids;
  }

  #idFor(tx: Transaction, fresh: Map<string, number>, uuid: string, key: SeriesKey): number {
    const ids = this.#idsOf(uuid);
    const known = ids.get(key) ?? fresh.get(`${uuid} ${key}`);
    if (known !== undefined) return known;
    const cut = key.lastIndexOf(' ');
    // a first contact names dozens of series for each cluster, so this is prepared once
    const row = this.#name.get(uuid, key.slice(0, cut), key.slice(cut + 1));
    if (row === undefined) throw new Error('The store numbered no series');
    const { id } = row;
    // a transaction that fails takes its numbers back, so they are learnt only after it
    fresh.set(`${uuid} ${key}`, id);
    tx.after(() => ids.set(key, id));
    return id;
  }
}
