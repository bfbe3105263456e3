import type { ChartTarget, Timeframe } from '#shared/contract/charts';
import type { Group } from '#shared/contract/clusters';
import type { Remote } from '#shared/contract/remotes';
import type { Settings } from '#shared/contract/settings';
import type { OutboxEntry } from '#shared/contract/sync';
import type { VaultStatus } from '#shared/contract/vault';
import { ClusterosCharts } from './agents/charts';
import { Enrolment } from './agents/enrol/service';
import { composeMerging } from './agents/merge/compose';
import { composeClusterOperations } from './agents/operations/compose';
import { ClusterosSource } from './agents/source';
import type { AgentClients } from './agents/types';
import type { SameClustersDeps } from './clusters/same';
import type { ClustersEvent } from './clusters/types';
import type { Store } from './db/store';
import type { Channel } from './events';
import { InventoryAnswers } from './inventory/answers';
import { LiveHub } from './inventory/live';
import { PveSource } from './inventory/pve-source';
import { SnapshotStore } from './inventory/snapshots';
import { Watcher } from './inventory/watcher';
import { type ChartAnswer, Charts } from './metrics/charts';
import { ChunkStore } from './metrics/chunk-store';
import { MetricHistory } from './metrics/history';
import { composeOperations } from './operations/compose';
import type { Clock, Logger, Power } from './ports';
import type { PveClients } from './pve/types';
import type { RemotesEvent } from './sync/remotes';

export interface WatchingDeps {
  store: Store;
  clock: Clock;
  logger: Logger;
  power: Power;
  clients: PveClients;
  agents: AgentClients;
  clusters: SameClustersDeps['clusters'] & { events: Channel<ClustersEvent> };
  groups: { list(): Group[]; events: Channel<Group[]> };
  settings: { get(): Settings; events: Channel<Settings> };
  vault: { current(): VaultStatus; events: Channel<VaultStatus> };
  remotes: { list(): Remote[]; events: Channel<RemotesEvent> };
  outbox: { list(): OutboxEntry[]; events: Channel<OutboxEntry[]> };
}

/** As many as a screen is told of at first. */
const OPERATIONS_SHOWN = 50;

type ChartQuestion = [target: ChartTarget, timeframe: Timeframe];

export type Watching = ReturnType<typeof composeWatching>;

/** Everything that looks at the clusters and acts on their guests, wired by hand. */
export function composeWatching(deps: WatchingDeps) {
  const {
    store,
    clock,
    logger,
    power,
    clients,
    agents,
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
    sources: {
      proxmox: (uuid) => new PveSource(uuid, clients, clock),
      clusteros: (uuid) =>
        new ClusterosSource(uuid, agents, clock, (told) => agentWork.ear.heard(uuid, told)),
    },
    history,
    snapshots: new SnapshotStore(store, logger),
    power,
    settings: () => settings.get(),
  });
  const acting = composeOperations({ store, clock, logger, clients, agents, clusters, watcher });
  const agentWork = composeClusterOperations({
    store,
    clock,
    logger,
    clients: agents,
    clusters,
    watcher,
  });
  const merging = composeMerging({
    store,
    clock,
    logger,
    clients: agents,
    clusters,
    watcher,
    operations: agentWork.operations,
  });
  const { sightings } = merging;
  const { journal, operations } = acting;
  const charts = {
    proxmox: new Charts({ clock, clients, history, watcher }),
    clusteros: new ClusterosCharts({ clock, clients: agents, history, watcher }),
  };
  const live = new LiveHub({
    clock,
    logger,
    snapshot: () => ({
      clusters: clusters.list(),
      groups: groups.list(),
      live: watcher.live(),
      operations: operations.list(OPERATIONS_SHOWN),
      clusterOperations: agentWork.book.list(),
      settings: settings.get(),
      vault: vault.current(),
      remotes: remotes.list(),
      outbox: outbox.list(),
      sightings: sightings.list(),
    }),
    rows: (uuid) => watcher.rows(uuid),
    onSeen: (seen) => watcher.setSeen(seen),
  });
  const answers = new InventoryAnswers({ clusters, watcher });

  clusters.events.subscribe((event) => {
    live.publish({ type: 'clusters', upserts: event.upserts, removed: event.removed });
    watcher.clustersChanged(event);
    agentWork.operations.clustersChanged(event);
    sightings.clustersChanged(event);
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
  watcher.events.subscribe((event) => {
    live.publish(event.type === 'live' ? { type: 'live', upserts: [event.live] } : event);
    if (event.type !== 'live') return;
    agentWork.ear.seen(event.live);
    sightings.seen(event.live);
  });

  sightings.events.subscribe((list) => live.publish({ type: 'sightings', sightings: list }));
  agentWork.book.events.subscribe((event) => live.publish({ type: 'clusterOperations', ...event }));
  journal.events.subscribe((operation) => live.publish({ type: 'operation', operation }));

  return {
    watcher,
    live,
    answers,
    ...acting,
    agentWork,
    merging,
    enrolment: new Enrolment({ store, clock, clusters, watcher }),
    charts: {
      /** @throws Failure NOT_FOUND */
      get: (uuid: string, ...rest: ChartQuestion): Promise<ChartAnswer> =>
        charts[clusters.get(uuid).kind].get(uuid, ...rest),
    },
    start(): void {
      history.start();
      agentWork.ear.start();
      sightings.start();
      watcher.start();
      operations.resume();
    },
    /** Before the store is closed: what is known is written once more. */
    async close(): Promise<void> {
      await operations.close();
      await watcher.close();
      await sightings.close();
      await agentWork.close();
      await history.close();
    },
  };
}
