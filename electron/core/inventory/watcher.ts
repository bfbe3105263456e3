import type { Cluster, ClusterKind } from '#shared/contract/clusters';
import { fail } from '#shared/contract/errors';
import type {
  ClusterLive,
  GuestRow,
  InventoryDelta,
  InventoryRows,
} from '#shared/contract/inventory';
import type { Settings } from '#shared/contract/settings';
import type { ClusterReader, ClustersEvent } from '../clusters/types';
import { Channel } from '../events';
import type { Clock, Logger, Power } from '../ports';
import { ClusterWatch, type History } from './cluster-watch';
import type { Pace } from './schedule';
import type { SnapshotStore } from './snapshots';
import type { OpenSource } from './source';

/** Said after each poll; a delta has only the rows that changed. */
export type WatchEvent =
  | { type: 'live'; live: ClusterLive }
  | { type: 'inventory'; uuid: string; delta: InventoryDelta };

export interface WatcherDeps {
  clock: Clock;
  logger: Logger;
  clusters: ClusterReader;
  /** how each kind of cluster is looked at */
  sources: Readonly<Record<ClusterKind, OpenSource>>;
  history: History & { restore(uuid: string, untilMs: number): void; forget(uuid: string): void };
  snapshots: Pick<SnapshotStore, 'load' | 'save'>;
  power: Power;
  settings(): Pick<Settings, 'pollSeenS' | 'pollHiddenS'>;
}

/** Watches all clusters, each by itself: none waits for another. */
export class Watcher {
  readonly events: Channel<WatchEvent>;
  readonly #deps: WatcherDeps;
  readonly #watches = new Map<string, ClusterWatch>();
  readonly #runs = new Set<Promise<void>>();
  #seen = false;
  #started = false;
  #stopPower: () => void = () => undefined;

  constructor(deps: WatcherDeps) {
    this.#deps = deps;
    this.events = new Channel((error) =>
      deps.logger.error({ error }, 'A listener of the inventory failed'),
    );
    const known = deps.snapshots.load();
    for (const cluster of deps.clusters.list()) {
      const watch = this.#add(cluster);
      const remembered = known.get(cluster.uuid);
      if (remembered === undefined) continue;
      watch.restore(remembered);
      deps.history.restore(cluster.uuid, remembered.asOf);
    }
  }

  /** Begins to poll; before it only {@link poll} asks a cluster. */
  start(): void {
    this.#started = true;
    this.#stopPower = this.#deps.power.onChange((asleep) => {
      for (const watch of this.#watches.values()) {
        if (asleep) watch.replan();
        else watch.retry();
      }
    });
    for (const watch of this.#watches.values()) this.#run(watch);
  }

  /** Ends polling and stores what is known. */
  async close(): Promise<void> {
    this.#stopPower();
    this.#started = false;
    await Promise.all([...this.#watches.values()].map((watch) => watch.stop(true)));
    await Promise.all(this.#runs);
  }

  /** Follows changes of the configuration at once. */
  clustersChanged({ upserts, removed, reconnect }: ClustersEvent): void {
    for (const uuid of removed) {
      void this.#watches.get(uuid)?.stop(false);
      this.#watches.delete(uuid);
      this.#deps.history.forget(uuid);
    }
    for (const cluster of upserts) {
      const watch = this.#watches.get(cluster.uuid);
      if (watch !== undefined) {
        watch.configure(cluster, reconnect.includes(cluster.uuid));
        continue;
      }
      const added = this.#add(cluster);
      this.events.emit({ type: 'live', live: added.view() });
      if (this.#started) this.#run(added);
    }
  }

  /** Polling intervals or the windows that look changed. */
  paceChanged(): void {
    for (const watch of this.#watches.values()) watch.replan();
  }

  /** Clusters that wait for their secret try again. */
  vaultChanged(): void {
    for (const watch of this.#watches.values()) if (watch.waitsForVault) watch.retry();
  }

  setSeen(seen: boolean): void {
    if (seen === this.#seen) return;
    this.#seen = seen;
    this.paceChanged();
  }

  /** @throws Failure NOT_FOUND */
  async refresh(uuid: string): Promise<void> {
    await this.#watch(uuid).refresh(true);
  }

  /** @throws Failure NOT_FOUND */
  pause(uuid: string, paused: boolean): void {
    this.#watch(uuid).setPaused(paused);
  }

  /** Something was done to the cluster: look again soon. */
  nudge(uuid: string): void {
    this.#watches.get(uuid)?.nudge();
  }

  /** Polls one cluster, or all active ones that are not paused, once and waits for the answers. */
  async poll(uuid?: string): Promise<ClusterLive[]> {
    const uuids = uuid === undefined ? this.#pollable() : [uuid];
    await Promise.all(uuids.map((each) => this.#watch(each).refresh()));
    return uuids.map((each) => this.#watch(each).view());
  }

  live(): ClusterLive[] {
    return [...this.#watches.values()].map((watch) => watch.view());
  }

  /** @throws Failure NOT_FOUND */
  view(uuid: string): ClusterLive {
    return this.#watch(uuid).view();
  }

  /** @throws Failure NOT_FOUND */
  rows(uuid: string): InventoryRows {
    return this.#watch(uuid).rows();
  }

  /** A guest as last known. */
  guest(uuid: string, guestId: string): GuestRow | undefined {
    return this.#watches.get(uuid)?.guest(guestId);
  }

  #pollable(): string[] {
    return this.#deps.clusters
      .list()
      .filter(({ uuid, isActive }) => {
        const state = this.#watches.get(uuid)?.view().state;
        return isActive && state !== undefined && state !== 'paused';
      })
      .map(({ uuid }) => uuid);
  }

  #watch(uuid: string): ClusterWatch {
    const watch = this.#watches.get(uuid);
    if (watch === undefined) {
      throw fail('NOT_FOUND', { remedy: 'The cluster may have been removed; look at the deck.' });
    }
    return watch;
  }

  #add(cluster: Cluster): ClusterWatch {
    const { clock, logger, sources, history, snapshots } = this.#deps;
    // the first polls of many clusters do not all start in the same moment
    const startAt = clock.now() + Math.min(2000, this.#watches.size * 30);
    const watch = new ClusterWatch(cluster, startAt, {
      clock,
      logger,
      source: sources[cluster.kind](cluster.uuid),
      history,
      snapshots,
      pace: () => this.#pace(),
      onLive: (live) => this.events.emit({ type: 'live', live }),
      onDelta: (uuid, delta) => this.events.emit({ type: 'inventory', uuid, delta }),
    });
    this.#watches.set(cluster.uuid, watch);
    return watch;
  }

  #run(watch: ClusterWatch): void {
    const run = watch.run().catch((error: unknown) => {
      this.#deps.logger.error({ error }, 'Watching a cluster ended unexpectedly');
    });
    this.#runs.add(run);
    void run.finally(() => this.#runs.delete(run));
  }

  #pace(): Pace {
    const { pollSeenS, pollHiddenS } = this.#deps.settings();
    return {
      asleep: this.#deps.power.asleep,
      intervalMs: (this.#seen ? pollSeenS : pollHiddenS) * 1000,
    };
  }
}
