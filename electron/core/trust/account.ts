import type {
  ConnectionDraft,
  FeatureName,
  FeaturePrivileges,
  TfaAnswer,
} from '#shared/contract/connection';
import { FEATURES } from '#shared/contract/connection';
import { readPermissions } from '../pve/schemas/access';
import { readStorageResources, readVersion } from '../pve/schemas/cluster';
import type { PveClient, PveClients } from '../pve/types';
import { missingFor } from './privileges';

/** A storage as a picker shows it; one entry, however many nodes have it. */
export interface PickableStorage {
  storage: string;
  type: string;
  content: string[];
  shared: boolean;
}

/** What an account may do on a cluster, and what it sees there. */
export class AccountView {
  readonly #clients: PveClients;

  constructor(clients: PveClients) {
    this.#clients = clients;
  }

  /** Which privileges are missing for each feature. @throws Failure of the call */
  async missing(uuid: string): Promise<FeaturePrivileges[]> {
    const client = this.#clients.get(uuid);
    const [permissions, version] = await Promise.all([
      client.call('GET', '/access/permissions'),
      client.call('GET', '/version'),
    ]);
    const [major] = readVersion(version.data).release;
    const held = readPermissions(permissions.data);
    return FEATURES.map((feature: FeatureName) => missingFor(feature, held, major));
  }

  async answerTfa(uuid: string, tfa: TfaAnswer): Promise<void> {
    await this.#clients.get(uuid).answerTfa(tfa);
  }

  /** @throws Failure of the call */
  async storages(from: { uuid: string } | { draft: ConnectionDraft }): Promise<PickableStorage[]> {
    if ('uuid' in from) return await listStorages(this.#clients.get(from.uuid));
    const client = await this.#clients.draft(from.draft);
    try {
      return await listStorages(client);
    } finally {
      await client.close();
    }
  }
}

async function listStorages(client: PveClient): Promise<PickableStorage[]> {
  const answer = await client.call('GET', '/cluster/resources', { type: 'storage' });
  const { rows } = readStorageResources(answer.data);
  const byName = new Map(
    rows.map(({ storage, plugintype, content, shared }) => [
      storage,
      { storage, type: plugintype, content: content.toSorted(), shared },
    ]),
  );
  return [...byName.values()].toSorted((a, b) => a.storage.localeCompare(b.storage));
}
