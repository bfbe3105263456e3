import { randomUUID } from 'node:crypto';
import type { z } from 'zod';
import { type FailureView, fail } from '#shared/contract/errors';
import type { Remote, remoteCreate, remoteUpdate } from '#shared/contract/remotes';
import { differences, invalid, notFound } from '../clusters/rules';
import type { Store, Transaction } from '../db/store';
import { Channel } from '../events';
import type { Clock, Logger } from '../ports';
import {
  deleteRemote,
  insertRemote,
  loadRemotes,
  type StoredRemote,
  updateRemote,
} from './remote-rows';

export type RemoteCreate = z.output<typeof remoteCreate>;
type RemoteUpdate = z.output<typeof remoteUpdate>;

/** Said after a change is in the store. */
export interface RemotesEvent {
  /** all of them, in order */
  remotes: Remote[];
  /** whose address, account or trust changed, or which are gone: their sessions end */
  reconnect: string[];
}

export interface RemoteServiceDeps {
  store: Store;
  secrets: {
    /** waits until secrets can be sealed; @throws Failure VAULT_LOCKED | VAULT_UNAVAILABLE */
    ready(): Promise<void>;
    has(owner: string): boolean;
    put(tx: Transaction, owner: string, secret: string): void;
    remove(tx: Transaction, owner: string): void;
  };
  clock: Pick<Clock, 'now'>;
  logger: Logger;
  /** takes the clusters that follow a remote away from it, in its transaction */
  leave(tx: Transaction, remoteUuid: string): void;
}

/** The servers this desk is kept in step with: the one place that changes them. */
export class RemoteService {
  readonly events: Channel<RemotesEvent>;
  readonly #deps: RemoteServiceDeps;
  #remotes: readonly StoredRemote[];

  constructor(deps: RemoteServiceDeps) {
    this.#deps = deps;
    this.events = new Channel((error) => deps.logger.error({ error }, 'A remote listener failed'));
    this.#remotes = loadRemotes(deps.store.read);
  }

  list(): Remote[] {
    return this.#remotes.map((remote) => this.#view(remote));
  }

  /** With what only the sync needs of them. */
  all(): readonly StoredRemote[] {
    return this.#remotes;
  }

  has(uuid: string): boolean {
    return this.#remotes.some((remote) => remote.uuid === uuid);
  }

  /** @throws Failure NOT_FOUND */
  get(uuid: string): Remote {
    return this.#view(this.stored(uuid));
  }

  /** With what only the sync needs of it. @throws Failure NOT_FOUND */
  stored(uuid: string): StoredRemote {
    const remote = this.#remotes.find((candidate) => candidate.uuid === uuid);
    if (remote === undefined) throw notFound('remote');
    return remote;
  }

  /** @throws Failure INVALID_INPUT | VAULT_* | STORE_FULL */
  async create({ secret, ...fields }: RemoteCreate): Promise<Remote> {
    const { store, secrets, clock } = this.#deps;
    if (secret) await secrets.ready();
    const made = store.mutate((tx) => {
      const remote: StoredRemote = {
        ...fields,
        uuid: randomUUID(),
        user: fields.user || null,
        defaultId: null,
        lastSyncAt: null,
        lastFailure: null,
        createdAt: clock.now(),
        revision: 1,
      };
      this.#check(remote);
      insertRemote(tx.db, remote);
      if (secret) secrets.put(tx, remote.uuid, secret);
      const after = { ...remote, secret: secret ? 'set' : 'none' };
      tx.audit({ action: 'remote.create', subject: remote.name, after });
      this.#remember(tx, [...this.#remotes, remote], []);
      return remote;
    });
    return this.#view(made);
  }

  /**
   * Changes the named fields; a blank secret keeps the stored one.
   * @throws Failure NOT_FOUND | REVISION_CHANGED | INVALID_INPUT | VAULT_* | STORE_FULL
   */
  async update({ uuid, revision, changes }: RemoteUpdate): Promise<Remote> {
    const { store, secrets } = this.#deps;
    const { secret: given, ...named } = changes;
    const secret = given === '' ? undefined : given;
    this.stored(uuid);
    if (secret !== undefined) await secrets.ready();
    const updated = store.mutate((tx) => {
      const before = this.stored(uuid);
      if (revision !== undefined && revision !== before.revision) {
        const remedy = 'Look at the present values, then make your change again.';
        throw fail('REVISION_CHANGED', { remedy });
      }
      const set = Object.entries(named).filter(([, value]) => value !== undefined);
      const after: StoredRemote = { ...before, ...Object.fromEntries(set) };
      this.#check(after);
      const changed = differences(before, after);
      if (changed === null && secret === undefined) return before;
      const written = { ...after, revision: before.revision + 1 };
      updateRemote(tx.db, written);
      if (secret !== undefined) secrets.put(tx, uuid, secret);
      const masked = secret === undefined ? {} : { secret: 'changed' };
      tx.audit({
        action: 'remote.update',
        subject: before.name,
        before: changed?.before ?? {},
        after: { ...changed?.after, ...masked },
      });
      this.#remember(tx, this.#replaced(written), [uuid]);
      return written;
    });
    return this.#view(updated);
  }

  /** Clusters that follow it stay and follow none. @throws Failure NOT_FOUND */
  async remove(uuid: string): Promise<void> {
    const { store, secrets, leave } = this.#deps;
    store.mutate((tx) => {
      const before = this.stored(uuid);
      leave(tx, uuid);
      deleteRemote(tx.db, uuid);
      secrets.remove(tx, uuid);
      tx.audit({ action: 'remote.remove', subject: before.name, before });
      const rest = this.#remotes.filter((remote) => remote.uuid !== uuid);
      this.#remember(tx, rest, [uuid]);
    });
  }

  /** Notes how a sync went; no edit, so the revision stays. */
  note(
    tx: Transaction,
    uuid: string,
    facts: { lastSyncAt?: number; lastFailure?: FailureView | null; defaultId?: string | null },
  ): void {
    const before = this.#remotes.find((remote) => remote.uuid === uuid);
    if (before === undefined || differences(before, { ...before, ...facts }) === null) return;
    const after = { ...before, ...facts };
    updateRemote(tx.db, after);
    this.#remember(tx, this.#replaced(after), []);
  }

  /** @throws Failure INVALID_INPUT with a sentence per field */
  #check({ uuid, name, auth, user, url, verify }: StoredRemote): void {
    const problems: Record<string, string> = {};
    const isTaken = this.#remotes.some(
      (other) => other.uuid !== uuid && other.name.toLowerCase() === name.toLowerCase(),
    );
    if (isTaken) problems['name'] = 'Another remote has this name.';
    if (auth === 'login' && !user) problems['user'] = 'A login needs its user.';
    const { username, password, search, hash, protocol } = new URL(url);
    if (username !== '' || password !== '') {
      problems['url'] = 'Enter user and password in their own fields, not in the address.';
    } else if (search !== '' || hash !== '') {
      problems['url'] = 'An address without a question mark or a hash.';
    } else if (protocol === 'http:' && verify === 'ca') {
      problems['verify'] = 'Nothing can be verified over http. Use https.';
    }
    if (Object.keys(problems).length > 0) throw invalid(problems);
  }

  #replaced(remote: StoredRemote): StoredRemote[] {
    return this.#remotes.map((other) => (other.uuid === remote.uuid ? remote : other));
  }

  #remember(tx: Transaction, list: readonly StoredRemote[], reconnect: string[]): void {
    tx.after(() => {
      this.#remotes = list;
      this.events.emit({ remotes: this.list(), reconnect });
    });
  }

  #view({ defaultId: _defaultId, ...remote }: StoredRemote): Remote {
    return { ...remote, hasSecret: this.#deps.secrets.has(remote.uuid) };
  }
}
