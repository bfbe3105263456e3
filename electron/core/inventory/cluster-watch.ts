import type { Cluster } from '#shared/contract/clusters';
import { Failure, type FailureView, fail } from '#shared/contract/errors';
import type {
  ClusterLive,
  ClusterTotals,
  ConnectionState,
  InventoryDelta,
  InventoryRows,
} from '#shared/contract/inventory';
import type { Backfill } from '../metrics/backfill';
import type { Clock, Logger } from '../ports';
import { isEmpty } from './diff';
import { Listening } from './listening';
import { nextPoll, type Pace, placeOf } from './schedule';
import type { Remembered, SnapshotStore } from './snapshots';
import type { Look, Source } from './source';
import { backOffMs, isPassing, stateAfter } from './state';

/** Keeps what is measured and draws the last hour of it. */
export interface History {
  record(
    uuid: string,
    sample: {
      at: number;
      rows: InventoryRows;
      totals: ClusterTotals;
      figures: ReadonlyMap<string, number>;
      intervalMs: number;
    },
  ): void;
  /** Takes what was measured elsewhere where nothing was measured here. */
  fill(uuid: string, backfill: Backfill): void;
  spark(uuid: string): ClusterLive['spark'];
}

export interface WatchDeps {
  clock: Clock;
  logger: Logger;
  source: Source;
  history: History;
  snapshots: Pick<SnapshotStore, 'save'>;
  pace(): Pace;
  onLive(live: ClusterLive): void;
  onDelta(uuid: string, delta: InventoryDelta): void;
}

const LEARN_EVERY_MS = 300_000;
const LEARN_RETRY_MS = 60_000;
const SNAPSHOT_EVERY_MS = 600_000;
/** A silence longer than this is asked about, where the cluster keeps its own measurements. */
const GAP_MS = 180_000;
/** No cluster keeps more that a sparkline or the memory could use. */
const BACKFILL_MS = 3_600_000;
/** What is heard is asked about at once, but not more often than this share of the interval. */
const HURRY_SHARE = 0.2;

/** Watches one cluster: polls it at its pace, keeps its rows and its state. */
export class ClusterWatch {
  readonly #deps: WatchDeps;
  readonly #place: number;
  readonly #source: Source;
  readonly #ear: Listening | null;
  readonly #lastOnline = new Map<string, number>();
  #cluster: Cluster;
  #learnDueAt = 0;
  #nodesSeen = '';
  #totals: ClusterTotals | null = null;
  #failure: FailureView | null = null;
  #failures = 0;
  #connecting = false;
  #paused = false;
  #asOf: number | null = null;
  #asOfIntervalMs = 0;
  #savedAt = 0;
  #endpoint: string | null = null;
  #latencyMs: number | null = null;
  #endedAt: number | null = null;
  #dueAt: number;
  #poll: Promise<void> | null = null;
  #abort = new AbortController();
  #waker = new AbortController();
  #running = false;

  constructor(cluster: Cluster, startAt: number, deps: WatchDeps) {
    this.#cluster = cluster;
    this.#dueAt = startAt;
    this.#deps = deps;
    this.#source = deps.source;
    this.#place = placeOf(cluster.uuid);
    const { listen } = deps.source;
    this.#ear =
      listen === undefined
        ? null
        : new Listening({
            ...deps,
            listen: listen.bind(deps.source),
            onChange: () => this.#heard(),
          });
  }

  /** Shows what an earlier run knew, with its age. */
  restore(known: Remembered): void {
    this.#source.restore({ rows: known.rows, facts: known.status });
    this.#asOf = known.asOf;
    this.#savedAt = known.asOf;
    for (const [node, at] of known.lastOnline) this.#lastOnline.set(node, at);
    this.#totals = this.#source.totals();
  }

  /** Polls until {@link stop}; never rejects. */
  async run(): Promise<void> {
    this.#running = true;
    let stale = this.#isStale();
    while (this.#running) {
      const now = this.#deps.clock.now();
      const due = this.#due();
      this.#ear?.want(due !== null && this.#failure === null && this.#endpoint !== null);
      if (due !== null && due <= now) {
        await this.#pollOnce();
      } else {
        await this.#rest(Math.min(due ?? Infinity, this.#staleAt() ?? Infinity) - now);
        if (this.#isStale() !== stale) this.#changed();
      }
      stale = this.#isStale();
    }
  }

  /** Ends polling; what is under way is aborted. `keep` stores what is known for the next start. */
  async stop(keep: boolean): Promise<void> {
    this.#running = false;
    this.#abort.abort();
    this.#waker.abort();
    await Promise.all([this.#poll, this.#ear?.close()]);
    if (keep) await this.#save();
  }

  /**
   * Polls now, or joins the poll under way, whatever the pace says; ends the back-off.
   * @param whole reads version and quorum too, which polls do only now and then
   */
  async refresh(whole = false): Promise<void> {
    if (whole) this.#learnDueAt = 0;
    if (this.#failure?.code === 'AUTH_FAILED') await this.#source.reset();
    this.#failures = 0;
    await this.#pollOnce();
    this.#waker.abort();
  }

  /** Polls soon, after something was done to the cluster, and after the server had time to see it. */
  nudge(): void {
    this.#pollAt(this.#deps.clock.now() + 1500);
  }

  setPaused(paused: boolean): void {
    if (paused === this.#paused) return;
    this.#paused = paused;
    this.#dueAt = this.#deps.clock.now();
    this.#changed();
    this.#waker.abort();
  }

  /** Takes a changed configuration; `anew` when the way to the cluster changed with it. */
  configure(cluster: Cluster, anew: boolean): void {
    const woke = cluster.isActive && !this.#cluster.isActive;
    this.#cluster = cluster;
    if (anew || woke) {
      this.#abort.abort();
      this.#abort = new AbortController();
      this.#endpoint = null;
      this.#failure = null;
      this.#failures = 0;
      this.#learnDueAt = 0;
      this.#dueAt = this.#deps.clock.now();
      this.#ear?.restart();
    }
    this.#changed();
    this.#waker.abort();
  }

  /** The pace changed: what is due is worked out again. */
  replan(): void {
    this.#plan();
    this.#waker.abort();
  }

  /** Ends a back-off: the reason for it may be gone. */
  retry(): void {
    this.#dueAt = this.#deps.clock.now();
    this.#waker.abort();
  }

  get waitsForVault(): boolean {
    return this.#failure !== null && stateAfter(this.#failure) === 'notConnected';
  }

  rows(): InventoryRows {
    return this.#source.rows();
  }

  guest(id: string) {
    return this.#source.guest(id);
  }

  view(): ClusterLive {
    const { uuid, verify } = this.#cluster;
    return {
      uuid,
      state: this.#state(),
      failure: this.#failure,
      ...this.#source.facts(),
      totals: this.#totals,
      problems: this.#source.problems({
        failure: this.#failure,
        verify,
        lastOnline: this.#lastOnline,
        now: this.#deps.clock.now(),
      }),
      asOf: this.#asOf,
      stale: this.#isStale(),
      nextAttemptAt: this.#failure === null ? null : this.#due(),
      endpoint: this.#endpoint,
      latencyMs: this.#latencyMs,
      callsPerMinute: this.#callsPerMinute(),
      spark: this.#deps.history.spark(uuid),
    };
  }

  #state(): ConnectionState {
    if (!this.#cluster.isActive) return 'maintenance';
    if (this.#paused) return 'paused';
    if (this.#failure !== null) return stateAfter(this.#failure);
    if (this.#connecting) return 'connecting';
    return this.#endpoint === null ? 'notConnected' : 'active';
  }

  #callsPerMinute(): number {
    // before the first connection there is no client to ask
    return this.#endedAt === null ? 0 : this.#source.callsPerMinute();
  }

  /** null: not by itself. */
  #due(): number | null {
    const resting = !this.#cluster.isActive || this.#paused || this.#deps.pace().asleep;
    return resting ? null : this.#dueAt;
  }

  #plan(): void {
    if (this.#endedAt === null) return;
    const { intervalMs } = this.#deps.pace();
    if (this.#failure === null) {
      this.#dueAt = nextPoll(this.#endedAt, intervalMs, this.#place);
      return;
    }
    const patience = isPassing(this.#failure) ? backOffMs(this.#failures) : backOffMs(Infinity);
    // clusters behind the same dead link should not all knock at the same moment
    const jitter = 0.9 + 0.2 * this.#place;
    this.#dueAt = this.#endedAt + Math.max(intervalMs, Math.round(patience * jitter));
  }

  #staleAt(): number | null {
    if (this.#asOf === null) return null;
    const { intervalMs } = this.#deps.pace();
    const used = this.#failure === null ? Math.max(intervalMs, this.#asOfIntervalMs) : intervalMs;
    const at = this.#asOf + 2 * used;
    return at > this.#deps.clock.now() ? at : null;
  }

  #isStale(): boolean {
    return this.#asOf !== null && this.#staleAt() === null;
  }

  async #rest(ms: number): Promise<void> {
    this.#waker = new AbortController();
    const { signal } = this.#waker;
    if (ms === Infinity) {
      await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
      return;
    }
    // being woken is the other way for a rest to end
    await this.#deps.clock.sleep(Math.max(0, ms), signal).catch(() => undefined);
  }

  #pollOnce(): Promise<void> {
    this.#poll ??= this.#attempt().finally(() => {
      this.#poll = null;
    });
    return this.#poll;
  }

  async #attempt(): Promise<void> {
    const { signal } = this.#abort;
    if (this.#endpoint === null && this.#failure === null) {
      this.#connecting = true;
      this.#changed();
    }
    try {
      await this.#ask(signal);
    } catch (error) {
      if (!signal.aborted) this.#failed(error);
    }
    this.#connecting = false;
    // an aborted attempt leaves the plan to whoever aborted it
    if (signal.aborted) return;
    this.#endedAt = this.#deps.clock.now();
    this.#plan();
    this.#changed();
    if (this.#failures === 1) await this.#save();
  }

  async #ask(signal: AbortSignal): Promise<void> {
    const { clock, logger } = this.#deps;
    const { uuid, clusterId: cluster } = this.#cluster;
    const before = this.#asOf;
    const look = await this.#source.look(signal);
    if (look.dropped > 0)
      logger.warn({ cluster, dropped: look.dropped }, 'Rows could not be understood');
    this.#take(look);
    if (!isEmpty(look.delta)) this.#deps.onDelta(uuid, look.delta);
    await this.#learn(signal);
    if (clock.now() - (before ?? 0) > GAP_MS) await this.#backfill(before, signal);
    if (clock.now() - this.#savedAt >= SNAPSHOT_EVERY_MS) await this.#save();
  }

  #take(look: Look): void {
    const at = this.#deps.clock.now();
    const rows = this.#source.rows();
    const totals = this.#source.totals();
    const { intervalMs } = this.#deps.pace();
    this.#totals = totals;
    this.#asOf = look.measuredAt ?? at;
    this.#asOfIntervalMs = intervalMs;
    this.#connecting = false;
    this.#endpoint = look.endpoint;
    this.#latencyMs = Math.round(look.latencyMs);
    this.#failures = 0;
    this.#failure = look.failure;
    for (const node of rows.nodes)
      if (node.status === 'online') this.#lastOnline.set(node.node, at);
    const figures = this.#source.figures();
    this.#deps.history.record(this.#cluster.uuid, { at, rows, totals, figures, intervalMs });
  }

  async #learn(signal: AbortSignal): Promise<void> {
    const nodes = this.#nodeStates();
    const due = nodes !== this.#nodesSeen || this.#deps.clock.now() >= this.#learnDueAt;
    this.#nodesSeen = nodes;
    if (!due || this.#source.learn === undefined) return;
    // a cluster in trouble may take its time for this one, and the rows are here already
    this.#changed();
    const learned = await this.#source.learn(signal);
    this.#learnDueAt = this.#deps.clock.now() + (learned ? LEARN_EVERY_MS : LEARN_RETRY_MS);
  }

  /** A desk that was away shows what the cluster measured in the meantime. */
  async #backfill(before: number | null, signal: AbortSignal): Promise<void> {
    const { clock, history, logger } = this.#deps;
    if (this.#source.measured === undefined) return;
    this.#changed();
    const { uuid, clusterId: cluster } = this.#cluster;
    const since = Math.max(before ?? 0, clock.now() - BACKFILL_MS);
    try {
      const found = await this.#source.measured(since, signal);
      if (!signal.aborted) history.fill(uuid, found);
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      logger.info({ cluster, code: error.code }, 'The cluster did not tell what it measured');
    }
  }

  #failed(error: unknown): void {
    const { logger } = this.#deps;
    const cluster = this.#cluster.clusterId;
    if (!(error instanceof Failure)) logger.error({ cluster, error }, 'A poll failed unexpectedly');
    const failure =
      error instanceof Failure
        ? error.view()
        : fail('SERVER_ERROR', { remedy: 'The log has the details.', cluster }).view();
    if (this.#failures === 0)
      logger.info({ cluster, code: failure.code }, 'A cluster stopped answering');
    this.#failures += 1;
    this.#failure = failure;
    this.#learnDueAt = 0;
  }

  #nodeStates(): string {
    const { nodes } = this.#source.rows();
    return nodes
      .map(({ node, status }) => `${node} ${status}`)
      .sort()
      .join();
  }

  /** The cluster says that something changed. */
  #heard(): void {
    const { clock, pace } = this.#deps;
    const gap = Math.round(pace().intervalMs * HURRY_SHARE);
    this.#pollAt(Math.max(clock.now(), (this.#endedAt ?? 0) + gap));
  }

  /** Sooner than planned, while the cluster answers. */
  #pollAt(soon: number): void {
    if (this.#failures === 0) this.#dueAt = Math.min(this.#dueAt, soon);
    this.#waker.abort();
  }

  #changed(): void {
    this.#deps.onLive(this.view());
  }

  async #save(): Promise<void> {
    if (this.#asOf === null || this.#asOf === this.#savedAt) return;
    this.#savedAt = this.#asOf;
    await this.#deps.snapshots.save(this.#cluster.uuid, {
      asOf: this.#asOf,
      rows: this.#source.rows(),
      status: this.#source.facts(),
      lastOnline: [...this.#lastOnline],
    });
  }
}
