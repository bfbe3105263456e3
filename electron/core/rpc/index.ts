import type { AccessService } from '../access/service';
import type { AuditTrail } from '../audit/trail';
import type { BundleServices } from '../bundles/compose';
import type { GroupService } from '../clusters/groups';
import type { ClusterService } from '../clusters/service';
import type { DraftService } from '../drafts/service';
import type { Host } from '../ports';
import type { SettingsService } from '../settings/service';
import type { Syncing } from '../sync/compose';
import type { Vault } from '../vault/vault';
import type { Watching } from '../watching';
import { createAccessRouter } from './access';
import { createAgentsRouter } from './agents';
import { createAppRouter } from './app';
import { createAuditRouter } from './audit';
import { createBundlesRouter } from './bundles';
import { createChartsRouter } from './charts';
import { createClusterOperationsRouter } from './cluster-operations';
import { createClustersRouter } from './clusters';
import { type ConnectionServices, createConnectionRouter } from './connection';
import { createDraftsRouter } from './drafts';
import { createGroupsRouter } from './groups';
import { guarded } from './guard';
import { createGuestsRouter } from './guests';
import { createInventoryRouter } from './inventory';
import { createLiveRouter } from './live';
import { createMergeRouter } from './merge';
import { createOperationsRouter } from './operations';
import { createRemotesRouter } from './remotes';
import { createSettingsRouter } from './settings';
import { createSyncRouter } from './sync';
import { createTasksRouter } from './tasks';
import { createVaultRouter } from './vault';

/** Everything a call of the contract may reach. */
export interface CoreServices {
  host: Host;
  access: AccessService;
  audit: AuditTrail;
  bundles: BundleServices;
  dataDir: string;
  drafts: DraftService;
  clusters: ClusterService;
  groups: GroupService;
  settings: SettingsService;
  vault: Vault;
  connection: Omit<ConnectionServices, 'watch'>;
  watching: Watching;
  syncing: Syncing;
}

/** The whole contract, implemented behind its one guard. */
export function createRouter(services: CoreServices) {
  const { host, dataDir, clusters, groups, settings, vault, connection, watching } = services;
  const { access, audit, bundles, drafts, syncing } = services;
  return guarded({ access, clusters }).router({
    access: createAccessRouter(access),
    agents: createAgentsRouter(watching),
    app: createAppRouter(host, dataDir, { clusters, watcher: watching.watcher }),
    audit: createAuditRouter(audit),
    bundles: createBundlesRouter(bundles),
    charts: createChartsRouter(watching),
    clusterOperations: createClusterOperationsRouter(watching),
    clusters: createClustersRouter(clusters),
    connection: createConnectionRouter({ ...connection, watch: watching.watcher }),
    drafts: createDraftsRouter(drafts),
    groups: createGroupsRouter(groups, clusters),
    guests: createGuestsRouter(watching),
    inventory: createInventoryRouter(watching),
    live: createLiveRouter(watching),
    merge: createMergeRouter(watching.merging),
    operations: createOperationsRouter(watching),
    remotes: createRemotesRouter(syncing),
    settings: createSettingsRouter(settings),
    sync: createSyncRouter(syncing),
    tasks: createTasksRouter(watching),
    vault: createVaultRouter(vault),
  });
}
