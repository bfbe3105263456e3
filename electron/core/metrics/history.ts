import { setImmediate as breathe } from 'node:timers/promises';
import type { ClusterLive, ClusterTotals, InventoryRows } from '#shared/contract/inventory';
import type { Measurement } from '#shared/domain/downsample';
import type { Clock, Logger } from '../ports';
import type { Backfill } from './backfill';
import { chunkStart, type Level, MINUTES, QUARTERS, spanS } from './chunk';
import type { ChunkStore, StoredChunk } from './chunk-store';
import { Rings, SLOT_S } from './rings';
import { type SeriesKey, samplesOf, seriesKey } from './samples';

export interface HistoryDeps {
  chunks: ChunkStore;
  clock: Clock;
  logger: Logger;
  /** days of quarters of an hour to keep */
  historyDays(): number;
}

interface Recorded {
  rings: Rings;
  /** start of the five minutes that are not stored yet */
  openS: number | null;
}

const HOUR_S = 3600;
const MINUTES_KEPT_S = 24 * HOUR_S;
/** every tick a share of the clusters is stored, so that all are within two minutes */
const TICK_MS = 20_000;
const SHARE = 1 / 6;
const SPARK: Record<keyof ClusterLive['spark'], readonly [SeriesKey, SeriesKey | null]> = {
  cpu: [seriesKey('', 'cpu'), null],
  memory: [seriesKey('', 'mem'), seriesKey('', 'memTotal')],
  storage: [seriesKey('', 'storage'), seriesKey('', 'storageTotal')],
};

/**
 * What this desk measured itself: the last hour in memory, minutes for a day and quarters of an
 * hour for as long as the settings say in the store. Five minutes are stored when they are over, a
 * share of the clusters at a time and each share in one transaction; a killed program loses at most
 * the five minutes it was in and the two before.
 */
export class MetricHistory {
  readonly #deps: HistoryDeps;
  readonly #clusters = new Map<string, Recorded>();
  readonly #end = new AbortController();
  #maintaining: Promise<void> = Promise.resolve();
  /** quarters up to here are made; 0: not looked yet */
  #rolledUpToS = 0;

  constructor(deps: HistoryDeps) {
    this.#deps = deps;
  }

  /** Begins to sum up and to forget what is old, beside all other work. */
  start(): void {
    this.#maintaining = this.#maintain();
  }

  /** Stores what is still in memory only. */
  async close(): Promise<void> {
    this.#end.abort();
    await this.#maintaining;
    const endS = chunkStart(MINUTES, this.#deps.clock.now() / 1000) + spanS(MINUTES);
    this.#store([...this.#clusters.keys()], endS);
  }

  record(
    uuid: string,
    sample: {
      at: number;
      rows: InventoryRows;
      totals: ClusterTotals;
      /** further figures of the cluster itself, by metric */
      figures?: ReadonlyMap<string, number>;
      intervalMs: number;
    },
  ): void {
    const recorded = this.#of(uuid);
    const { rings } = recorded;
    const windowS = chunkStart(MINUTES, sample.at / 1000);
    const holdMs = 2 * sample.intervalMs;
    const lastS = (rings.latest ?? 0) * SLOT_S;
    // writing also fills the time since the sample before, which then is to be stored (again)
    const fromS = sample.at - lastS * 1000 <= holdMs ? chunkStart(MINUTES, lastS) : windowS;
    recorded.openS = Math.min(recorded.openS ?? windowS, fromS);
    rings.write(sample.at, samplesOf(sample.rows, sample.totals, sample.figures), holdMs);
  }

  /** Takes up the hour before `untilMs` from the store, so that cards have their lines at once. */
  restore(uuid: string, untilMs: number): void {
    const last = chunkStart(MINUTES, untilMs / 1000);
    const { rings } = this.#of(uuid);
    const perStep = MINUTES.stepS / SLOT_S;
    for (let startS = last - HOUR_S; startS <= last; startS += spanS(MINUTES)) {
      for (const [key, values] of this.#deps.chunks.get(MINUTES, startS, uuid, 'all')) {
        for (const [index, value] of values.entries()) {
          if (Number.isNaN(value)) continue;
          const from = startS / SLOT_S + index * perStep;
          rings.restore(key, from, from + perStep - 1, value);
        }
      }
    }
  }

  /** Takes what was measured elsewhere into the last hour, where nothing was measured here. */
  fill(uuid: string, { fromMs, stepMs, series }: Backfill): void {
    const recorded = this.#of(uuid);
    const perStep = Math.max(1, Math.round(stepMs / 1000 / SLOT_S));
    const nowSlot = Math.floor(this.#deps.clock.now() / 1000 / SLOT_S);
    const oldest = nowSlot - HOUR_S / SLOT_S + 1;
    for (const [key, values] of series) {
      for (const [index, value] of values.entries()) {
        const first = Math.floor((fromMs + index * stepMs) / 1000 / SLOT_S);
        const last = Math.min(nowSlot, first + perStep - 1);
        if (value === null || first > nowSlot || last < oldest) continue;
        recorded.rings.fill(key, first, last, value);
        const startS = chunkStart(MINUTES, Math.max(first, oldest) * SLOT_S);
        recorded.openS = Math.min(recorded.openS ?? startS, startS);
      }
    }
  }

  forget(uuid: string): void {
    this.#clusters.delete(uuid);
    this.#deps.chunks.forget(uuid);
  }

  /** The hour up to the last sample, a point a minute; fractions 0..1. */
  spark(uuid: string): ClusterLive['spark'] {
    const rings = this.#clusters.get(uuid)?.rings;
    const latest = rings?.latest ?? null;
    if (rings === undefined || latest === null) return { cpu: [], memory: [], storage: [] };
    const perMinute = 60 / SLOT_S;
    const first = (Math.floor(latest / perMinute) - 59) * perMinute;
    const line = ([part, whole]: readonly [SeriesKey, SeriesKey | null]) =>
      Array.from({ length: 60 }, (_, minute) => {
        const from = first + minute * perMinute;
        const value = rings.mean(part, from, from + perMinute);
        const of = whole === null ? 1 : rings.mean(whole, from, from + perMinute);
        return value === null || !of ? null : Math.round((value / of) * 1000) / 1000;
      });
    return { cpu: line(SPARK.cpu), memory: line(SPARK.memory), storage: line(SPARK.storage) };
  }

  /**
   * Points of some series in (fromMs, toMs], ascending: quarters of an hour, then minutes, then
   * what is still in memory.
   * @returns every wanted key, with no points where nothing was recorded
   */
  read(
    uuid: string,
    keys: readonly SeriesKey[],
    fromMs: number,
    toMs: number,
  ): Map<SeriesKey, Measurement[]> {
    const found = new Map<SeriesKey, Measurement[]>(keys.map((key) => [key, []]));
    const nowS = this.#deps.clock.now() / 1000;
    const memoryFromS = this.#clusters.get(uuid)?.openS ?? Number.POSITIVE_INFINITY;
    // minutes are there for a day at least; the border lies where a chunk of quarters ends
    const borderS = chunkStart(QUARTERS, nowS - MINUTES_KEPT_S) + spanS(QUARTERS);
    this.#readLevel(QUARTERS, uuid, found, {
      fromS: fromMs / 1000,
      toS: Math.min(borderS, toMs / 1000),
    });
    this.#readLevel(MINUTES, uuid, found, {
      fromS: Math.max(borderS, fromMs / 1000),
      toS: Math.min(memoryFromS, toMs / 1000),
    });
    this.#readMemory(uuid, found, Math.max(memoryFromS, fromMs / 1000), toMs / 1000);
    return found;
  }

  #readLevel(
    level: Level,
    uuid: string,
    found: Map<SeriesKey, Measurement[]>,
    { fromS, toS }: { fromS: number; toS: number },
  ): void {
    for (let startS = chunkStart(level, fromS); startS < toS; startS += spanS(level)) {
      const chunk = this.#deps.chunks.get(level, startS, uuid, [...found.keys()]);
      for (const [key, values] of chunk) {
        for (const [index, value] of values.entries()) {
          const endS = startS + (index + 1) * level.stepS;
          if (Number.isNaN(value) || endS <= fromS || endS > toS) continue;
          found.get(key)?.push([endS * 1000, value, level.stepS * 1000]);
        }
      }
    }
  }

  #readMemory(
    uuid: string,
    found: Map<SeriesKey, Measurement[]>,
    fromS: number,
    toS: number,
  ): void {
    const rings = this.#clusters.get(uuid)?.rings;
    if (rings === undefined || rings.latest === null || fromS === Number.POSITIVE_INFINITY) return;
    const perMinute = 60 / SLOT_S;
    const lastSlot = Math.min(rings.latest, Math.floor(toS / SLOT_S));
    for (let slot = Math.floor(fromS / 60) * perMinute; slot <= lastSlot; slot += perMinute) {
      for (const [key, points] of found) {
        const value = rings.mean(key, slot, slot + perMinute);
        if (value !== null) points.push([(slot + perMinute) * SLOT_S * 1000, value, 60_000]);
      }
    }
  }

  #of(uuid: string): Recorded {
    const known = this.#clusters.get(uuid);
    if (known !== undefined) return known;
    const made: Recorded = { rings: new Rings(), openS: null };
    this.#clusters.set(uuid, made);
    return made;
  }

  async #maintain(): Promise<void> {
    const { signal } = this.#end;
    while (!signal.aborted) {
      try {
        this.#storeShare();
        await this.#rollUp();
      } catch (error) {
        this.#deps.logger.warn({ error }, 'The history could not be summed up');
      }
      await this.#deps.clock.sleep(TICK_MS, signal).catch(() => undefined);
    }
  }

  /** A share of what is due; whoever waits for longer than five minutes comes first and at once. */
  #storeShare(): void {
    const currentS = chunkStart(MINUTES, this.#deps.clock.now() / 1000);
    const due = [...this.#clusters].filter(([, { openS }]) => openS !== null && openS < currentS);
    const late = due.filter(([, { openS }]) => (openS ?? 0) < currentS - spanS(MINUTES));
    const share = Math.max(late.length, Math.ceil(this.#clusters.size * SHARE));
    const chosen = new Set([...late, ...due].map(([uuid]) => uuid).slice(0, share));
    this.#store([...chosen], currentS);
  }

  /** Stores the open minutes before `untilS`; what cannot be stored is lost, and watching goes on. */
  #store(uuids: readonly string[], untilS: number): void {
    const chunks: StoredChunk[] = [];
    for (const uuid of uuids) {
      const recorded = this.#clusters.get(uuid);
      if (recorded === undefined || recorded.openS === null) continue;
      // memory reaches back an hour
      let startS = Math.max(recorded.openS, untilS - HOUR_S - spanS(MINUTES));
      for (; startS < untilS; startS += spanS(MINUTES)) {
        const values = minutesOf(recorded.rings, startS);
        if (values.size > 0) chunks.push({ uuid, startS, values });
      }
      recorded.openS = startS;
    }
    if (chunks.length === 0) return;
    try {
      this.#deps.chunks.put(MINUTES, chunks);
    } catch (error) {
      this.#deps.logger.warn({ error }, 'Minutes of history could not be stored');
    }
  }

  /** Sums complete six hours up to quarters, then removes what is too old. */
  async #rollUp(): Promise<void> {
    const { chunks, clock } = this.#deps;
    const nowS = clock.now() / 1000;
    // the last five minutes before the border may still be in memory
    const untilS = chunkStart(QUARTERS, nowS - spanS(MINUTES));
    if (untilS <= this.#rolledUpToS) return;
    const windows = new Map<string, { uuid: string; startS: number }>();
    for (const { uuid, start } of chunks.starts(MINUTES, this.#rolledUpToS, untilS)) {
      const startS = chunkStart(QUARTERS, start);
      windows.set(`${uuid} ${startS}`, { uuid, startS });
    }
    for (const { uuid, startS } of windows.values()) {
      if (this.#end.signal.aborted) return;
      if (!chunks.has(QUARTERS, startS, uuid)) this.#sumUp(uuid, startS);
      await breathe();
    }
    this.#rolledUpToS = untilS;
    // a window longer than a day, for reading switches levels where a chunk ends
    chunks.prune(MINUTES, chunkStart(QUARTERS, nowS - MINUTES_KEPT_S) - spanS(QUARTERS));
    chunks.prune(QUARTERS, nowS - this.#deps.historyDays() * 24 * HOUR_S - spanS(QUARTERS));
  }

  #sumUp(uuid: string, startS: number): void {
    const sums = new Map<SeriesKey, { sum: Float64Array; count: Float64Array }>();
    const endS = startS + spanS(QUARTERS);
    for (let minuteS = startS; minuteS < endS; minuteS += spanS(MINUTES)) {
      for (const [key, values] of this.#deps.chunks.get(MINUTES, minuteS, uuid, 'all')) {
        const into = sums.get(key) ?? {
          sum: new Float64Array(QUARTERS.points),
          count: new Float64Array(QUARTERS.points),
        };
        sums.set(key, into);
        for (const [index, value] of values.entries()) {
          if (Number.isNaN(value)) continue;
          const quarter = Math.floor((minuteS - startS + index * MINUTES.stepS) / QUARTERS.stepS);
          into.sum[quarter] = (into.sum[quarter] ?? 0) + value;
          into.count[quarter] = (into.count[quarter] ?? 0) + 1;
        }
      }
    }
    const means = [...sums].map(([key, { sum, count }]): [SeriesKey, Float32Array] => [
      key,
      // 0 / 0 is NaN, which is how a gap is written
      Float32Array.from(sum, (total, quarter) => total / (count[quarter] ?? 0)),
    ]);
    this.#deps.chunks.put(QUARTERS, [{ uuid, startS, values: new Map(means) }]);
  }
}

/** The five minutes from `startS` on, without the series that have nothing in them. */
function minutesOf(rings: Rings, startS: number): Map<SeriesKey, Float32Array> {
  const perStep = MINUTES.stepS / SLOT_S;
  const values = new Map<SeriesKey, Float32Array>();
  for (const key of rings.keys()) {
    const row = Float32Array.from({ length: MINUTES.points }, (_, index) => {
      const from = startS / SLOT_S + index * perStep;
      return rings.mean(key, from, from + perStep) ?? Number.NaN;
    });
    if (row.some((value) => !Number.isNaN(value))) values.set(key, row);
  }
  return values;
}
