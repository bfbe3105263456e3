import type { ClusterService } from '../clusters/service';
import type { Store } from '../db/store';
import type { Clock, Logger, Power } from '../ports';
import type { TrustSource } from '../trust/probe';
import type { Vault } from '../vault/vault';
import { AutoSync } from './auto-sync';
import { RemoteClients } from './clients';
import { SyncDesk } from './desk';
import { Outbox } from './outbox';
import { RemoteTest } from './remote-test';
import { RemoteService } from './remotes';
import { SyncService } from './service';

export interface SyncDeps {
  store: Store;
  vault: Vault;
  clusters: ClusterService;
  clock: Clock;
  logger: Logger;
  power: Power;
  trust: TrustSource;
  /** whether this desk may be changed now */
  mayChange(): boolean;
}

export type Syncing = ReturnType<typeof composeSync>;

/** What keeps the clusters in step with other servers, wired by hand. */
export function composeSync(deps: SyncDeps) {
  const { store, vault, clusters, clock, logger, power, trust, mayChange } = deps;
  const secrets = vault;
  const remotes = new RemoteService({
    store,
    secrets,
    clock,
    logger,
    leave: (tx, uuid) => clusters.leaveRemote(tx, uuid),
  });
  const desk = new SyncDesk(clusters, store.read);
  const outbox = new Outbox({ store, desk, clock, logger, remotes: () => remotes.all() });
  const clients = new RemoteClients({ remotes, secrets, trust });
  const sync = new SyncService({ store, clusters, secrets, remotes, desk, outbox, clock, clients });
  const test = new RemoteTest({ remotes, clients, secrets, trust });
  const automatic = new AutoSync({
    remotes,
    outbox,
    sync,
    clock,
    logger,
    power,
    mayChange,
  });
  const follow = () => {
    if (remotes.all().length > 0) sync.clustersChanged();
  };
  clusters.events.subscribe(follow);
  // a program that was killed may have left changes behind that nobody noted
  follow();
  return {
    remotes,
    test,
    sync,
    outbox,
    /** Begins to sync by itself. */
    start(): void {
      automatic.start();
    },
    /** Every session with a remote ends; the next sync makes a new one. */
    endSessions: () => clients.close(),
    async close(): Promise<void> {
      await automatic.close();
      await clients.close();
    },
  };
}
