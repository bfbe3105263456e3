import type { Group } from '#shared/contract/clusters';
import type { Remote } from '#shared/contract/remotes';
import type { Settings } from '#shared/contract/settings';
import type { OutboxEntry } from '#shared/contract/sync';
import type { VaultStatus } from '#shared/contract/vault';
import type { ClusterReader, ClustersEvent } from './clusters/types';
import type { Store } from './db/store';
import type { Channel } from './events';
import { InventoryAnswers } from './inventory/answers';
import { LiveHub } from './inventory/live';
import { SnapshotStore } from './inventory/snapshots';
import { Watcher } from './inventory/watcher';
import { Charts } from './metrics/charts';
import { ChunkStore } from './metrics/chunk-store';
import { MetricHistory } from './metrics/history';
import { Guests } from './operations/guests';
import { Journal } from './operations/journal';
import { Operations } from './operations/service';
import { Tasks } from './operations/tasks';
import type { Clock, Logger, Power } from './ports';
import type { PveClients } from './pve/types';
import type { RemotesEvent } from './sync/remotes';

export interface WatchingDeps {
  store: Store;
  clock: Clock;
  logger: Logger;
  power: Power;
  clients: PveClients;
  clusters: ClusterReader & { events: Channel<ClustersEvent> };
  groups: { list(): Group[]; events: Channel<Group[]> };
  settings: { get(): Settings; events: Channel<Settings> };
  vault: { current(): VaultStatus; events: Channel<VaultStatus> };
  remotes: { list(): Remote[]; events: Channel<RemotesEvent> };
  outbox: { list(): OutboxEntry[]; events: Channel<OutboxEntry[]> };
}

/** As many as a screen is told of at first. */
const OPERATIONS_SHOWN = 50;

export type Watching = ReturnType<typeof composeWatching>;

/** Everything that looks at the clusters and acts on their guests, wired by hand. */
export function composeWatching(deps: WatchingDeps) {
  const {
    store,
    clock,
    logger,
    power,
    clients,
    clusters,
    groups,
    settings,
    vault,
    remotes,
    outbox,
  } = deps;
  const history = new MetricHistory({
    chunks: new ChunkStore(store),
    clock,
    logger,
    historyDays: () => settings.get().historyDays,
  });
  const watcher = new Watcher({
    clock,
    logger,
    clusters,
    clients,
    history,
    snapshots: new SnapshotStore(store, logger),
    power,
    settings: () => settings.get(),
  });
  const journal = new Journal(store, clock, logger);
  const operations = new Operations({ journal, clock, logger, clients, clusters, watcher });
  const tasks = new Tasks({ store, clock, clients, clusters });
  const guest = (uuid: string, guestId: string) => watcher.guest(uuid, guestId);
  const guests = new Guests({ clients, guest });
  const charts = new Charts({ clock, clients, history, watcher });
  const live = new LiveHub({
    clock,
    logger,
    snapshot: () => ({
      clusters: clusters.list(),
      groups: groups.list(),
      live: watcher.live(),
      operations: operations.list(OPERATIONS_SHOWN),
      settings: settings.get(),
      vault: vault.current(),
      remotes: remotes.list(),
      outbox: outbox.list(),
    }),
    rows: (uuid) => watcher.rows(uuid),
    onSeen: (seen) => watcher.setSeen(seen),
  });
  const answers = new InventoryAnswers({ clusters, watcher });

  clusters.events.subscribe((event) => {
    live.publish({ type: 'clusters', upserts: event.upserts, removed: event.removed });
    watcher.clustersChanged(event);
  });
  groups.events.subscribe((list) => live.publish({ type: 'groups', groups: list }));
  settings.events.subscribe((all) => {
    live.publish({ type: 'settings', settings: all });
    watcher.paceChanged();
  });
  vault.events.subscribe((status) => {
    live.publish({ type: 'vault', vault: status });
    watcher.vaultChanged();
  });
  remotes.events.subscribe((event) => live.publish({ type: 'remotes', remotes: event.remotes }));
  outbox.events.subscribe((waiting) => live.publish({ type: 'outbox', outbox: waiting }));
  watcher.events.subscribe((event) =>
    live.publish(event.type === 'live' ? { type: 'live', upserts: [event.live] } : event),
  );

  journal.events.subscribe((operation) => live.publish({ type: 'operation', operation }));

  return {
    watcher,
    live,
    journal,
    answers,
    operations,
    tasks,
    guests,
    charts,
    start(): void {
      history.start();
      watcher.start();
      operations.resume();
    },
    /** Before the store is closed: what is known is written once more. */
    async close(): Promise<void> {
      await operations.close();
      await watcher.close();
      await history.close();
    },
  };
}
