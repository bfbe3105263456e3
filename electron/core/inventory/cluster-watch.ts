import type { Cluster } from '#shared/contract/clusters';
import { Failure, type FailureView, fail } from '#shared/contract/errors';
import type {
  ClusterLive,
  ClusterTotals,
  ConnectionState,
  InventoryDelta,
  InventoryRows,
} from '#shared/contract/inventory';
import { clusterTotals } from '#shared/domain/totals';
import type { Clock, Logger } from '../ports';
import type { Answer, PveClients } from '../pve/types';
import { blindAccount } from './account';
import { isEmpty } from './diff';
import { Inventory } from './inventory';
import { problemsOf } from './problems';
import { nextPoll, type Pace, placeOf } from './schedule';
import type { Remembered, SnapshotStore } from './snapshots';
import { backOffMs, isPassing, stateAfter } from './state';
import { type ClusterStatus, readStatus } from './status';

/** Keeps what is measured and draws the last hour of it. */
export interface History {
  record(
    uuid: string,
    sample: { at: number; rows: InventoryRows; totals: ClusterTotals; intervalMs: number },
  ): void;
  spark(uuid: string): ClusterLive['spark'];
}

export interface WatchDeps {
  clock: Clock;
  logger: Logger;
  clients: Pick<PveClients, 'get' | 'reset'>;
  history: History;
  snapshots: Pick<SnapshotStore, 'save'>;
  pace(): Pace;
  onLive(live: ClusterLive): void;
  onDelta(uuid: string, delta: InventoryDelta): void;
}

const STATUS_EVERY_MS = 300_000;
const STATUS_RETRY_MS = 60_000;
const SNAPSHOT_EVERY_MS = 600_000;
const UNKNOWN_STATUS: ClusterStatus = {
  version: null,
  clusterName: null,
  quorate: null,
  standalone: null,
};

/** Watches one cluster: polls it at its pace, keeps its rows and its state. */
export class ClusterWatch {
  readonly #deps: WatchDeps;
  readonly #place: number;
  readonly #inventory = new Inventory();
  readonly #lastOnline = new Map<string, number>();
  #cluster: Cluster;
  #status = UNKNOWN_STATUS;
  #statusDueAt = 0;
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
    this.#place = placeOf(cluster.uuid);
  }

  /** Shows what an earlier run knew, with its age. */
  restore(known: Remembered): void {
    this.#inventory.restore(known.rows);
    this.#status = known.status;
    this.#asOf = known.asOf;
    this.#savedAt = known.asOf;
    for (const [node, at] of known.lastOnline) this.#lastOnline.set(node, at);
    this.#totals = clusterTotals(this.#inventory.rows());
  }

  /** Polls until {@link stop}; never rejects. */
  async run(): Promise<void> {
    this.#running = true;
    let stale = this.#isStale();
    while (this.#running) {
      const now = this.#deps.clock.now();
      const due = this.#due();
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
    await this.#poll;
    if (keep) await this.#save();
  }

  /**
   * Polls now, or joins the poll under way, whatever the pace says; ends the back-off.
   * @param whole reads version and quorum too, which polls do only now and then
   */
  async refresh(whole = false): Promise<void> {
    if (whole) this.#statusDueAt = 0;
    if (this.#failure?.code === 'AUTH_FAILED') await this.#deps.clients.reset(this.#cluster.uuid);
    this.#failures = 0;
    await this.#pollOnce();
    this.#waker.abort();
  }

  /** Polls soon, after something was done to the cluster, and after the server had time to see it. */
  nudge(): void {
    const soon = this.#deps.clock.now() + 1500;
    if (this.#failures === 0) this.#dueAt = Math.min(this.#dueAt, soon);
    this.#waker.abort();
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
      this.#statusDueAt = 0;
      this.#dueAt = this.#deps.clock.now();
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
    return this.#inventory.rows();
  }

  guest(id: string) {
    return this.#inventory.guest(id);
  }

  view(): ClusterLive {
    const { uuid, verify } = this.#cluster;
    const rows = this.#inventory.rows();
    return {
      uuid,
      state: this.#state(),
      failure: this.#failure,
      ...this.#status,
      totals: this.#totals,
      clusteros: null,
      problems: problemsOf({
        failure: this.#failure,
        rows,
        quorate: this.#status.quorate,
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
    return this.#endedAt === null ? 0 : this.#deps.clients.get(this.#cluster.uuid).callsPerMinute();
  }

  /** null: not by itself. */
  #due(): number | null {
    const { kind, isActive } = this.#cluster;
    const resting = kind !== 'proxmox' || !isActive || this.#paused || this.#deps.pace().asleep;
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
    const { clients, clock, logger } = this.#deps;
    const client = clients.get(this.#cluster.uuid);
    const answer = await client.call('GET', '/cluster/resources', undefined, { signal });
    if (signal.aborted) return;
    const { delta, dropped } = this.#inventory.apply(answer.data);
    if (dropped > 0)
      logger.warn({ cluster: this.#cluster.clusterId, dropped }, 'Rows could not be understood');
    this.#take(answer);
    if (!isEmpty(delta)) this.#deps.onDelta(this.#cluster.uuid, delta);
    const nodes = this.#nodeStates();
    if (nodes !== this.#nodesSeen || clock.now() >= this.#statusDueAt) {
      // a cluster in trouble may take its time for this one, and the rows are here already
      this.#changed();
      this.#learn(await readStatus(client, { signal }));
    }
    this.#nodesSeen = nodes;
    if (clock.now() - this.#savedAt >= SNAPSHOT_EVERY_MS) await this.#save();
  }

  #take(answer: Answer): void {
    const at = this.#deps.clock.now();
    const rows = this.#inventory.rows();
    const totals = clusterTotals(rows);
    const { intervalMs } = this.#deps.pace();
    this.#totals = totals;
    this.#asOf = at;
    this.#asOfIntervalMs = intervalMs;
    this.#connecting = false;
    this.#endpoint = answer.endpoint;
    this.#latencyMs = Math.round(answer.latencyMs);
    this.#failures = 0;
    this.#failure = blindAccount(rows, totals);
    for (const node of rows.nodes)
      if (node.status === 'online') this.#lastOnline.set(node.node, at);
    this.#deps.history.record(this.#cluster.uuid, { at, rows, totals, intervalMs });
  }

  #learn(status: ClusterStatus | null): void {
    const now = this.#deps.clock.now();
    this.#statusDueAt = now + (status === null ? STATUS_RETRY_MS : STATUS_EVERY_MS);
    if (status !== null) {
      this.#status = { ...status, version: status.version ?? this.#status.version };
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
    this.#statusDueAt = 0;
  }

  #nodeStates(): string {
    const { nodes } = this.#inventory.rows();
    return nodes
      .map(({ node, status }) => `${node} ${status}`)
      .sort()
      .join();
  }

  #changed(): void {
    this.#deps.onLive(this.view());
  }

  async #save(): Promise<void> {
    if (this.#asOf === null || this.#asOf === this.#savedAt) return;
    this.#savedAt = this.#asOf;
    await this.#deps.snapshots.save(this.#cluster.uuid, {
      asOf: this.#asOf,
      rows: this.#inventory.rows(),
      status: this.#status,
      lastOnline: [...this.#lastOnline],
    });
  }
}
