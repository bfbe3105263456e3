import { randomUUID } from 'node:crypto';
import type { Cluster, ClusterCreate, ClusterUpdate } from '#shared/contract/clusters';
import { fail } from '#shared/contract/errors';
import type { Store, Transaction } from '../db/store';
import { Channel } from '../events';
import type { Clock, Logger } from '../ports';
import { Edit } from './edit';
import { type KeptFields, loadClusters, readKept, type StoredCluster, writeKept } from './rows';
import {
  type Account,
  accountProblems,
  applied,
  differences,
  duplicateId,
  invalid,
  needsReconnect,
  notFound,
  readOnlyHere,
  withAccount,
} from './rules';
import type { ClusterReader, ClustersEvent } from './types';

/** What the clusters need of the vault. */
interface SecretKeeper {
  /** waits until secrets can be sealed; @throws Failure VAULT_LOCKED | VAULT_UNAVAILABLE */
  ready(): Promise<void>;
  has(clusterUuid: string): boolean;
  put(tx: Transaction, clusterUuid: string, secret: string): void;
  /** @returns whether there was one */
  copy(tx: Transaction, from: string, to: string): boolean;
  remove(tx: Transaction, clusterUuid: string): void;
}

export interface ClusterServiceDeps {
  store: Store;
  secrets: SecretKeeper;
  clock: Pick<Clock, 'now'>;
  logger: Logger;
  /** whether a group of this uuid exists */
  hasGroup(uuid: string): boolean;
  /** whether a remote of this uuid exists; without it there is none */
  hasRemote?(uuid: string): boolean;
}

/** What a cluster gets when it is stored. */
type Stamp = 'number' | 'createdAt' | 'updatedAt' | 'revision';

/** A cluster to be made, with the fields only the store keeps. */
export interface NewCluster {
  input: ClusterCreate;
  kept?: KeptFields;
}

/** The configured clusters: the one place that changes them. */
export class ClusterService implements ClusterReader {
  readonly events: Channel<ClustersEvent>;
  readonly #deps: ClusterServiceDeps;
  #clusters: ReadonlyMap<string, StoredCluster>;
  /** who was said to have a secret, to notice when the vault gives one up */
  #withSecret: ReadonlySet<string>;

  constructor(deps: ClusterServiceDeps) {
    this.#deps = deps;
    this.events = new Channel((error) => deps.logger.error({ error }, 'A cluster listener failed'));
    this.#clusters = new Map(loadClusters(deps.store.read).map((row) => [row.uuid, row]));
    this.#withSecret = this.#secretHolders();
  }

  /** By priority, highest first, then by name. */
  list(): Cluster[] {
    return [...this.#clusters.values()]
      .sort(
        (a, b) => b.priority - a.priority || a.name.localeCompare(b.name) || a.number - b.number,
      )
      .map((cluster) => this.#view(cluster));
  }

  has(uuid: string): boolean {
    return this.#clusters.has(uuid);
  }

  get(uuid: string): Cluster {
    return this.#view(this.#stored(uuid));
  }

  /** A cluster_id may consist of digits; it then wins over another cluster's number. */
  find(ref: string): Cluster {
    const all = [...this.#clusters.values()];
    const number = /^\d{1,15}$/.test(ref) ? Number(ref) : null;
    const found =
      this.#clusters.get(ref.toLowerCase()) ??
      all.find((cluster) => cluster.clusterId === ref) ??
      all.find((cluster) => cluster.number === number);
    if (found === undefined) throw notFound('cluster');
    return this.#view(found);
  }

  async create(input: ClusterCreate): Promise<Cluster> {
    const [cluster] = await this.createAll([{ input }]);
    if (cluster === undefined) throw new Error('A cluster was not made');
    return cluster;
  }

  /** Makes all of them or none. @throws Failure DUPLICATE_ID | INVALID_INPUT | VAULT_* | STORE_FULL */
  async createAll(list: NewCluster[]): Promise<Cluster[]> {
    if (list.some(({ input }) => input.secret)) await this.#deps.secrets.ready();
    const made = this.#change((edit) => list.map((entry) => this.#insert(edit, entry)));
    return made.map((cluster) => this.#view(cluster));
  }

  /**
   * Changes the named fields; a blank secret keeps the stored one.
   * @param kept fields only the store keeps, changed with the others
   * @throws Failure NOT_FOUND | REVISION_CHANGED | DUPLICATE_ID | INVALID_INPUT | VAULT_* | STORE_FULL
   */
  async update(
    { uuid, revision, changes }: ClusterUpdate,
    kept: KeptFields = {},
  ): Promise<Cluster> {
    const secret = changes.secret === '' ? undefined : changes.secret;
    this.#stored(uuid);
    if (secret !== undefined) await this.#deps.secrets.ready();
    const updated = this.#change((edit) => {
      const before = this.#stored(uuid);
      if (before.readOnly && changes.readOnly !== false) throw readOnlyHere(before.clusterId);
      if (revision !== undefined && revision !== before.revision) {
        throw fail('REVISION_CHANGED', {
          remedy: 'Look at the present values, then make your change again.',
          cluster: before.clusterId,
        });
      }
      const after = applied(before, changes);
      if (after.clusterId !== before.clusterId) this.#checkId(edit, after.clusterId);
      this.#check(after, secret !== undefined, before);
      const changed = differences(before, after);
      const keptChanged = differences(readKept(edit.tx.db, uuid), kept);
      if (changed === null && keptChanged === null && secret === undefined) return before;
      const written = edit.update(after);
      if (keptChanged !== null) writeKept(edit.tx.db, uuid, keptChanged.after);
      if (secret !== undefined) this.#deps.secrets.put(edit.tx, uuid, secret);
      if (secret !== undefined || needsReconnect(before, after)) edit.reconnect.add(uuid);
      const masked = secret === undefined ? {} : { secret: 'changed' };
      edit.tx.audit({
        action: 'cluster.update',
        subject: before.clusterId,
        target: uuid,
        before: { ...changed?.before, ...keptChanged?.before },
        after: { ...changed?.after, ...keptChanged?.after, ...masked },
      });
      return written;
    });
    return this.#view(updated);
  }

  /** A copy under another id, with the secret sealed anew for it; it is never the default. */
  async duplicate(uuid: string, clusterId: string, name: string): Promise<Cluster> {
    const { secrets } = this.#deps;
    this.#stored(uuid);
    if (secrets.has(uuid)) await secrets.ready();
    const made = this.#change((edit) => {
      const source = this.#stored(uuid);
      this.#checkId(edit, clusterId);
      const { number: _number, createdAt: _c, updatedAt: _u, revision: _r, ...fields } = source;
      const copy = edit.insert(
        { ...fields, uuid: randomUUID(), clusterId, name, isDefault: false, readOnly: false },
        readKept(edit.tx.db, uuid),
      );
      const hasSecret = secrets.copy(edit.tx, uuid, copy.uuid);
      edit.tx.audit({
        action: 'cluster.duplicate',
        subject: clusterId,
        target: copy.uuid,
        after: { ...copy, from: source.clusterId, secret: hasSecret ? 'copied' : 'none' },
      });
      return copy;
    });
    return this.#view(made);
  }

  /** @param confirm the cluster_id, needed where the cluster is protected */
  async remove(uuid: string, confirm?: string): Promise<void> {
    this.#change((edit) => {
      const cluster = this.#stored(uuid);
      const { clusterId } = cluster;
      if (this.#clusters.size === 1) {
        throw fail('LAST_CLUSTER', {
          remedy: 'Add another cluster first, or set this one inactive.',
          cluster: clusterId,
        });
      }
      if (cluster.readOnly) throw readOnlyHere(clusterId);
      if (cluster.protected && confirm !== clusterId) {
        throw fail('CONFIRMATION_REQUIRED', {
          remedy: `This cluster is protected: confirm by typing ${clusterId}.`,
          cluster: clusterId,
          field: 'confirm',
        });
      }
      const before = { ...cluster, ...readKept(edit.tx.db, uuid) };
      edit.remove(uuid);
      this.#deps.secrets.remove(edit.tx, uuid);
      edit.tx.audit({ action: 'cluster.remove', subject: clusterId, target: uuid, before });
    });
  }

  /**
   * Puts a removed cluster back under its uuid. It gets a new number, its secret is gone, and the
   * group, remote or place as default which it had are taken where they are free.
   * @throws Failure DUPLICATE_ID
   */
  restore(cluster: Omit<StoredCluster, Stamp>, kept: KeptFields): Cluster {
    const { groupUuid, remoteUuid, isDefault } = cluster;
    const fields = {
      ...cluster,
      groupUuid: groupUuid !== null && this.#deps.hasGroup(groupUuid) ? groupUuid : null,
      remoteUuid: this.#deps.hasRemote?.(remoteUuid ?? '') === true ? remoteUuid : null,
      isDefault: isDefault && !this.list().some((other) => other.isDefault),
    };
    const restored = this.#change((edit) => {
      if (edit.book.has(cluster.uuid)) throw duplicateId(cluster.clusterId);
      this.#checkId(edit, cluster.clusterId);
      const made = edit.insert(fields, kept);
      const { clusterId: subject, uuid: target } = made;
      edit.tx.audit({ action: 'cluster.create', subject, target, after: { ...made, ...kept } });
      return made;
    });
    return this.#view(restored);
  }

  /**
   * Takes the clusters out of a group that is about to be removed, in its transaction.
   * @returns their uuids
   */
  leaveGroup(tx: Transaction, groupUuid: string): string[] {
    const edit = this.#edit(tx);
    for (const cluster of this.#clusters.values()) {
      if (cluster.groupUuid === groupUuid) edit.update({ ...cluster, groupUuid: null });
    }
    tx.after(() => this.#commit(edit));
    return [...edit.upserts];
  }

  /** Takes the clusters away from a remote that is about to be removed, in its transaction. */
  leaveRemote(tx: Transaction, remoteUuid: string): void {
    const edit = this.#edit(tx);
    for (const cluster of this.#clusters.values()) {
      if (cluster.remoteUuid === remoteUuid) edit.update({ ...cluster, remoteUuid: null });
    }
    tx.after(() => this.#commit(edit));
  }

  /** Changes clusters together with rows of another area, which answers for what it writes. */
  together<Result>(work: (edit: Edit) => Result): Result {
    return this.#change(work);
  }

  /** Tells listeners when the vault gave up or got back secrets. */
  refreshSecrets(): void {
    const before = this.#withSecret;
    this.#withSecret = this.#secretHolders();
    const changed = [...this.#clusters.keys()].filter(
      (uuid) => before.has(uuid) !== this.#withSecret.has(uuid),
    );
    if (changed.length === 0) return;
    this.events.emit({
      upserts: changed.map((uuid) => this.get(uuid)),
      removed: [],
      reconnect: changed,
    });
  }

  #change<Result>(work: (edit: Edit) => Result): Result {
    return this.#deps.store.mutate((tx) => {
      const edit = this.#edit(tx);
      const result = work(edit);
      tx.after(() => this.#commit(edit));
      return result;
    });
  }

  #edit(tx: Transaction): Edit {
    return new Edit(tx, this.#clusters, this.#deps.clock.now());
  }

  #commit(edit: Edit): void {
    if (edit.upserts.size === 0 && edit.removed.length === 0) return;
    this.#clusters = edit.book;
    this.#withSecret = this.#secretHolders();
    this.events.emit({
      upserts: [...edit.upserts].map((uuid) => this.get(uuid)),
      removed: edit.removed,
      reconnect: [...edit.reconnect],
    });
  }

  #insert(edit: Edit, { input, kept }: NewCluster): StoredCluster {
    const { secret, ...given } = input;
    const fields = withAccount(given);
    this.#checkId(edit, fields.clusterId);
    this.#check(fields, Boolean(secret), null);
    const cluster = edit.insert({ ...fields, uuid: randomUUID() }, kept ?? {});
    if (secret) this.#deps.secrets.put(edit.tx, cluster.uuid, secret);
    edit.tx.audit({
      action: 'cluster.create',
      subject: cluster.clusterId,
      target: cluster.uuid,
      after: { ...cluster, secret: secret ? 'set' : 'none' },
    });
    return cluster;
  }

  /** @throws Failure DUPLICATE_ID */
  #checkId(edit: Edit, clusterId: string): void {
    for (const other of edit.book.values()) {
      if (other.clusterId === clusterId) throw duplicateId(clusterId);
    }
  }

  /** @throws Failure INVALID_INPUT with a sentence per field */
  #check(
    after: Omit<Account, 'secretGiven'> & Pick<Cluster, 'groupUuid' | 'remoteUuid'>,
    secretGiven: boolean,
    before: Parameters<typeof accountProblems>[1],
  ): void {
    const problems = accountProblems({ ...after, secretGiven }, before);
    if (after.groupUuid !== null && !this.#deps.hasGroup(after.groupUuid)) {
      problems.groupUuid = 'There is no such group.';
    }
    if (after.remoteUuid !== null && this.#deps.hasRemote?.(after.remoteUuid) !== true) {
      problems.remoteUuid = 'There is no such remote.';
    }
    if (Object.keys(problems).length > 0) throw invalid(problems);
  }

  /** @throws Failure NOT_FOUND */
  #stored(uuid: string): StoredCluster {
    const cluster = this.#clusters.get(uuid);
    if (cluster === undefined) throw notFound('cluster');
    return cluster;
  }

  #view(cluster: StoredCluster): Cluster {
    return { ...cluster, hasSecret: this.#deps.secrets.has(cluster.uuid) };
  }

  #secretHolders(): ReadonlySet<string> {
    return new Set([...this.#clusters.keys()].filter((uuid) => this.#deps.secrets.has(uuid)));
  }
}
