import { hostname, userInfo } from 'node:os';
import { AccessService } from './access/service';
import { ClusterosClients } from './agents/clients';
import { composeAudit } from './audit/compose';
import { AuditLog } from './audit/log';
import { composeBundles } from './bundles/compose';
import { GroupService } from './clusters/groups';
import { ClusterService } from './clusters/service';
import { openDatabase } from './db/open';
import { Store } from './db/store';
import { DraftService } from './drafts/service';
import { composeNotices } from './notices/compose';
import type { Ports } from './ports';
import { Clients } from './pve/clients';
import { createRouter } from './rpc/index';
import { SettingsService } from './settings/service';
import { composeSync } from './sync/compose';
import { machineAuthorities } from './trust/authorities';
import { composeTrust } from './trust/compose';
import { Vault } from './vault/vault';
import { composeWatching } from './watching';

/** A keychain that waits for a person must not hold up the window. */
const VAULT_WAIT_MS = 400;

/** What a host mounts. */
export type Core = Awaited<ReturnType<typeof composeCore>>;

/**
 * Opens the store and builds every service, by hand. The host holds the data folder's lock.
 * @throws Failure STORE_NEWER | STORE_BROKEN | STORE_FULL | STORE_BUSY
 */
export async function composeCore(ports: Ports) {
  const { paths, clock, logger } = ports;
  const database = openDatabase({ dataDir: paths.dataDir, clock, logger });
  try {
    return await composeOver(database, ports);
  } catch (error) {
    // whoever tries again must not find the store open
    database.close();
    throw error;
  }
}

async function composeOver(database: ReturnType<typeof openDatabase>, ports: Ports) {
  const { paths, clock, logger, protectors, passphrase, host, power } = ports;
  const { dataDir } = paths;
  const by = actor();
  const audit = new AuditLog(by, clock);
  const store = new Store(database, audit, logger);
  const seq = audit.firstBrokenLately(store.read);
  if (seq !== null) logger.error({ seq }, 'The audit was changed by others from this row on');
  const base = { store, clock, logger };
  const vault = new Vault({ ...base, protectors, passphrase });
  const groups = new GroupService({ store, logger });
  const settings = new SettingsService(store, logger);
  const hasGroup = (uuid: string) => groups.has(uuid);
  const hasRemote = (uuid: string): boolean => sync.remotes.has(uuid);
  const clusters = new ClusterService({ ...base, secrets: vault, hasGroup, hasRemote });
  const program = `Clusterdeck ${host.info.version}`;
  const bundles = composeBundles({ store, clusters, groups, vault, clock, actor: by, program });
  vault.events.subscribe(() => clusters.refreshSecrets());
  const trust = machineAuthorities();
  const mayChange = (): boolean => access.mayChange();
  const sync = composeSync({ ...base, vault, clusters, power, trust, mayChange });
  const changes = clusters.events;
  const clients = new Clients({ clusters, secrets: vault, changes, trust, clock });
  const agents = new ClusterosClients({ clusters, secrets: vault, changes, trust, clock });
  const connection = composeTrust({ ...base, clusters, clients, agents, trust });
  const watching = composeWatching({
    ...base,
    power,
    clients,
    agents,
    clusters,
    groups,
    settings,
    vault,
    remotes: sync.remotes,
    outbox: sync.outbox,
  });
  const trail = composeAudit({ ...base, clusters, groups, settings });
  const access = new AccessService({
    ...base,
    power,
    vault,
    passphrase,
    closeSessions: async () =>
      void (await Promise.all([clients.resetAll(), agents.resetAll(), sync.endSessions()])),
    isBusy: () => watching.journal.open().length > 0,
  });
  const notices = composeNotices(ports, { watching, clusters, settings, access });
  await access.start();
  await Promise.race([vault.start(), clock.sleep(VAULT_WAIT_MS)]);

  const config = { host, dataDir, clusters, groups, settings, vault };
  const guarding = { access, audit: trail.trail, bundles, drafts: new DraftService(store, clock) };
  const router = createRouter({ ...config, ...guarding, connection, watching, syncing: sync });
  return {
    router,
    /** for what a host does by them itself, as the theme of its windows */
    settings,
    clusters,
    vault,
    store,
    access,
    /** for files that a person opens with Clusterdeck */
    bundles,
    /** for the hub, which asks clusters on behalf of others */
    connection,
    clients,
    /** Begins to watch the clusters. */
    start(): void {
      watching.start();
      sync.start();
      access.watchIdle();
      trail.retention.start();
      void vault.announce();
    },
    /** Ends all work and closes the store. */
    async close(): Promise<void> {
      notices.close();
      trail.retention.stop();
      access.close();
      await sync.close();
      await watching.close();
      await Promise.all([clients.closeAll(), agents.closeAll()]);
      vault.close();
      store.close();
    },
  };
}

/** Who the audit names: the user of the system and the host. */
function actor(): string {
  return `${userName()}@${hostname()}`;
}

function userName(): string {
  try {
    return userInfo().username;
  } catch {
    // a container may run under a number that has no name
    return String(process.getuid?.() ?? 'unknown');
  }
}
