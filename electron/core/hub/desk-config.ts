import {
  type Cluster,
  type ClusterUpdate,
  clusterCreate,
  clusterUpdate,
} from '#shared/contract/clusters';
import { Failure } from '#shared/contract/errors';
import type { PortalRecord, PortalValues } from '#shared/domain/portal/fields';
import type { ConfigStore, Outcome, Refusal } from '#shared/domain/portal/ports';
import { toChanges, toRecord } from '#shared/domain/portal/projection';
import type { KeptFields } from '../clusters/rows';
import type { NewCluster } from '../clusters/service';

/** What the hub does to the clusters of its own desk. */
export interface HubClusters {
  list(): Cluster[];
  createAll(list: NewCluster[]): Promise<Cluster[]>;
  update(update: ClusterUpdate, kept: KeptFields): Promise<Cluster>;
  remove(uuid: string): Promise<void>;
}

export interface DeskConfigDeps {
  clusters: HubClusters;
  /** whether nothing may be changed on this desk */
  isViewer(): boolean;
  /** the fields only the store keeps */
  keptOf(uuid: string): KeptFields;
  allKept(): ReadonlyMap<string, KeptFields>;
  /** notes in the audit that a change came through the hub */
  note(action: string, clusterId: string): void;
}

/** Changes that came in between two looks are rare; more than this is somebody's fault. */
const MAX_TRIES = 5;

/**
 * The desk's Proxmox clusters as the API shows them. Clusters of another kind have no form in it
 * and are left out, so that no client takes them for Proxmox.
 */
export class DeskConfig implements ConfigStore {
  readonly #deps: DeskConfigDeps;

  constructor(deps: DeskConfigDeps) {
    this.#deps = deps;
  }

  async list(): Promise<PortalRecord[]> {
    const kept = this.#deps.allKept();
    return this.#shown().map((cluster) => toRecord(cluster, kept.get(cluster.uuid) ?? {}));
  }

  create(
    clusterId: string,
    values: PortalValues,
    password: string,
  ): Promise<Outcome<PortalRecord>> {
    return this.#settled(async () => {
      const { settings, kept } = toChanges(values, null);
      const secret = password === '' ? {} : { secret: password };
      const parsed = clusterCreate.safeParse({ ...settings, clusterId, ...secret });
      if (!parsed.success) return refused(sentences(parsed.error.issues));
      const [made] = await this.#deps.clusters.createAll([{ input: parsed.data, kept }]);
      if (made === undefined) throw new Error('A cluster was not made');
      this.#deps.note('hub.createCluster', clusterId);
      return { ok: true, value: toRecord(made, kept) };
    });
  }

  update(
    number: number,
    values: Partial<PortalValues>,
    password: string,
  ): Promise<Outcome<PortalRecord>> {
    return this.#settled(async () => {
      for (let tries = 1; ; tries += 1) {
        const cluster = this.#find(number);
        if (cluster === undefined) return { ok: false, reason: 'notFound' };
        try {
          return await this.#change(cluster, values, password);
        } catch (error) {
          const isOvertaken = error instanceof Failure && error.code === 'REVISION_CHANGED';
          if (!isOvertaken || tries === MAX_TRIES) throw error;
        }
      }
    });
  }

  remove(number: number): Promise<Outcome<{ name: string }>> {
    return this.#settled(async () => {
      const cluster = this.#find(number);
      if (cluster === undefined) return { ok: false, reason: 'notFound' };
      if (this.#shown().length === 1) return { ok: false, reason: 'last' };
      const { uuid, name, clusterId } = cluster;
      if (cluster.protected) {
        return refused(`Cluster '${name}' is protected; take the protection off at the hub first`);
      }
      await this.#deps.clusters.remove(uuid);
      this.#deps.note('hub.removeCluster', clusterId);
      return { ok: true, value: { name } };
    });
  }

  async #change(
    cluster: Cluster,
    values: Partial<PortalValues>,
    password: string,
  ): Promise<Outcome<PortalRecord>> {
    const { uuid, revision } = cluster;
    const { settings, kept } = toChanges(values, cluster);
    const secret = password === '' ? {} : { secret: password };
    const changes = { ...settings, ...secret };
    const parsed = clusterUpdate.safeParse({ uuid, revision, changes });
    if (!parsed.success) return refused(sentences(parsed.error.issues));
    const changed = await this.#deps.clusters.update(parsed.data, kept);
    if (changed.revision !== revision) this.#deps.note('hub.updateCluster', cluster.clusterId);
    return { ok: true, value: toRecord(changed, this.#deps.keptOf(uuid)) };
  }

  /** Expected failures become refusals; nothing of them but their own sentences is told. */
  async #settled<T>(work: () => Promise<Outcome<T>>): Promise<Outcome<T>> {
    if (this.#deps.isViewer()) {
      return { ok: false, reason: 'readOnly', message: 'The hub is in viewer mode' };
    }
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      return { ok: false, ...refusalOf(error) };
    }
  }

  #shown(): Cluster[] {
    return this.#deps.clusters.list().filter(({ kind }) => kind === 'proxmox');
  }

  #find(number: number): Cluster | undefined {
    return this.#shown().find((cluster) => cluster.number === number);
  }
}

const refused = (message: string) => ({ ok: false, reason: 'refused', message }) as const;

/** The API's names for what the desk calls otherwise. */
const FIELDS: Record<string, string> = {
  clusterId: 'cluster_id',
  endpoints: 'host',
  secret: 'password',
  tokenId: 'user',
};

const sentence = (field: string, message: string) =>
  `${FIELDS[field] ?? field.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)}: ${message}`;

function sentences(issues: { path: PropertyKey[]; message: string }[]): string {
  const told = issues.map(({ path, message }) => {
    const [first, second] = path;
    return sentence(String(first === 'changes' ? second : first), message);
  });
  return `Invalid values: ${told.join(' ')}`;
}

function refusalOf(failure: Failure): Refusal {
  const { code, message, data } = failure;
  switch (code) {
    case 'NOT_FOUND':
      return { reason: 'notFound' };
    case 'DUPLICATE_ID':
      return { reason: 'duplicate' };
    case 'LAST_CLUSTER':
      return { reason: 'last' };
    case 'READ_ONLY':
      return { reason: 'readOnly', message };
    case 'INVALID_INPUT': {
      const told = Object.entries(data.fields ?? {}).map(([field, why]) => sentence(field, why));
      return { reason: 'refused', message: `Invalid values: ${told.join(' ')}` };
    }
    case 'VAULT_LOCKED':
    case 'VAULT_UNAVAILABLE':
    case 'STORE_FULL':
    case 'STORE_BUSY':
    case 'REVISION_CHANGED':
      return { reason: 'unavailable', message: `The hub cannot store this now. ${message}` };
    default:
      throw failure;
  }
}
