import type { GroupService } from '../clusters/groups';
import type { ClusterService } from '../clusters/service';
import type { ClustersJsonImport } from '../imports/clusters-json';
import type { Host } from '../ports';
import type { SettingsService } from '../settings/service';
import type { Vault } from '../vault/vault';
import type { Watching } from '../watching';
import { createAppRouter } from './app';
import { createChartsRouter } from './charts';
import { createClustersRouter } from './clusters';
import { type ConnectionServices, createConnectionRouter } from './connection';
import { createGroupsRouter } from './groups';
import { createGuestsRouter } from './guests';
import { createImportsRouter } from './imports';
import { createInventoryRouter } from './inventory';
import { createLiveRouter } from './live';
import { createOperationsRouter } from './operations';
import { createSettingsRouter } from './settings';
import { createTasksRouter } from './tasks';
import { createVaultRouter } from './vault';

/** Everything a call of the contract may reach. */
export interface CoreServices {
  host: Host;
  dataDir: string;
  clusters: ClusterService;
  groups: GroupService;
  settings: SettingsService;
  vault: Vault;
  imports: ClustersJsonImport;
  connection: Omit<ConnectionServices, 'watch'>;
  watching: Watching;
}

/** The whole contract, implemented. */
export function createRouter(services: CoreServices) {
  const { host, dataDir, clusters, groups, settings, vault, imports, connection, watching } =
    services;
  return {
    app: createAppRouter(host, dataDir, clusters),
    charts: createChartsRouter(watching),
    clusters: createClustersRouter(clusters),
    connection: createConnectionRouter({ ...connection, watch: watching.watcher }),
    groups: createGroupsRouter(groups, clusters),
    guests: createGuestsRouter(watching),
    imports: createImportsRouter(imports),
    inventory: createInventoryRouter(watching),
    live: createLiveRouter(watching),
    operations: createOperationsRouter(watching),
    settings: createSettingsRouter(settings),
    tasks: createTasksRouter(watching),
    vault: createVaultRouter(vault),
  };
}
