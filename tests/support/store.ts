import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { AuditLog } from '#electron/core/audit/log';
import { ClusterService } from '#electron/core/clusters/service';
import { openDatabase } from '#electron/core/db/open';
import { Store } from '#electron/core/db/store';
import type { Clock, KeyProtector, Logger } from '#electron/core/ports';
import { Vault } from '#electron/core/vault/vault';
import { type ClusterCreate, clusterCreate } from '#shared/contract/clusters';
import { fail } from '#shared/contract/errors';

export const silent: Logger = { debug() {}, info() {}, warn() {}, error() {} };

export const stillClock: Clock = {
  now: () => Date.now(),
  sleep: (_ms, signal) =>
    new Promise((_resolve, reject) => {
      signal?.addEventListener('abort', () => reject(signal.reason));
    }),
};

/** The store alone, on a real file. */
export function openStore(dataDir: string, logger: Logger = silent): Store {
  const audit = new AuditLog('ada@desk', stillClock);
  return new Store(openDatabase({ dataDir, clock: stillClock, logger }), audit, logger);
}

export interface Desk {
  store: Store;
  vault: Vault;
  clusters: ClusterService;
  close(): void;
}

/** Store, vault and clusters as the core puts them together, with the vault settled. */
export async function openDesk(
  dataDir: string,
  options: {
    protectors?: KeyProtector[];
    passphrase?: () => Promise<string | null>;
    clock?: Clock;
    logger?: Logger;
  } = {},
): Promise<Desk> {
  const { protectors = [], passphrase, clock = stillClock, logger = silent } = options;
  const store = openStore(dataDir, logger);
  // the real cost of a passphrase is proved where it is made; here it would only take time
  const passphraseCost = { N: 1024, r: 8, p: 1 };
  const vault = new Vault({ store, protectors, clock, logger, passphrase, passphraseCost });
  const deps = { store, secrets: vault, clock, logger, hasGroup: () => false };
  const clusters = new ClusterService(deps);
  vault.events.subscribe(() => clusters.refreshSecrets());
  await vault.start();
  const close = () => {
    vault.close();
    store.close();
  };
  return { store, vault, clusters, close };
}

/** A valid cluster with the documented defaults. */
export function cluster(clusterId: string, more: Partial<ClusterCreate> = {}): ClusterCreate {
  const endpoints = [{ host: `${clusterId}.example`, port: 8006, pin: null }];
  return clusterCreate.parse({ clusterId, name: `Lab ${clusterId}`, endpoints, ...more });
}

/** A keychain which survives its process, as the real ones do; the keys lie in files of their own. */
export function fileKeychain(dir: string): KeyProtector {
  mkdirSync(dir, { recursive: true });
  const pathOf = (keyId: string) => join(dir, keyId);
  return {
    protection: 'keychain',
    label: 'Files',
    unavailable: async () => null,
    async keep(keyId, key) {
      writeFileSync(pathOf(keyId), key);
      return keyId;
    },
    async recall(keyId) {
      if (existsSync(pathOf(keyId))) return readFileSync(pathOf(keyId));
      throw fail('VAULT_UNAVAILABLE', { remedy: 'The key is gone.' });
    },
    forget: async (keyId) => rmSync(pathOf(keyId), { force: true }),
  };
}
