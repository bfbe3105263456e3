import type { Cluster, Endpoint, VerifyMode } from '#shared/contract/clusters';
import type { ConnectionDraft, TfaAnswer } from '#shared/contract/connection';
import { fail } from '#shared/contract/errors';
import { ConnectionSecrets } from '../clusters/secrets';
import type { ClusterReader, ClustersEvent, SecretReader } from '../clusters/types';
import type { WireTarget } from '../net/transport';
import type { Clock } from '../ports';
import { createClient, type SessionClient } from './client';
import { type Account, Session } from './session';
import type { PveClient, PveClients } from './types';

export interface ClientsOptions {
  clusters: ClusterReader;
  secrets: SecretReader;
  /** said after a change of the configuration is stored */
  changes: { subscribe(listener: (event: ClustersEvent) => void): () => void };
  trust: WireTarget['trust'];
  clock: Clock;
}

/** What is to be tested: a stored cluster with its running session, or a form's draft. */
export interface Subject {
  endpoints: Endpoint[];
  verify: VerifyMode;
  session: Session;
  clusterId: string | null;
  /** who it is asked as: a user or a token id */
  account: string;
}

interface Entry {
  subject: Subject;
  client: SessionClient;
}

/** The clients of all configured clusters; a changed configuration closes the old one at once. */
export class Clients implements PveClients {
  readonly #options: ClientsOptions;
  readonly #secrets: ConnectionSecrets;
  readonly #entries = new Map<string, Entry>();
  readonly #unsubscribe: () => void;

  constructor(options: ClientsOptions) {
    this.#options = options;
    this.#secrets = new ConnectionSecrets(options.clusters, options.secrets);
    this.#unsubscribe = options.changes.subscribe((event) => {
      for (const uuid of [...event.reconnect, ...event.removed]) void this.reset(uuid);
    });
  }

  get(uuid: string): PveClient {
    return this.#entry(uuid).client;
  }

  async draft(draft: ConnectionDraft, tfa?: TfaAnswer): Promise<PveClient> {
    return this.open(this.drafted(draft, tfa), draft.endpoints);
  }

  /** @throws Failure NOT_FOUND */
  stored(uuid: string): Subject {
    return this.#entry(uuid).subject;
  }

  drafted(draft: ConnectionDraft, tfa?: TfaAnswer): Subject {
    const { endpoints, verify } = draft;
    const session = new Session(this.#draftAccount(draft), this.#options.clock, tfa ?? null);
    return { endpoints, verify, session, clusterId: null, account: accountName(draft) };
  }

  /** A client of its own for some of a subject's endpoints; the caller closes it. */
  open(subject: Subject, endpoints: Endpoint[]): SessionClient {
    const { trust, clock } = this.#options;
    const { verify, session, clusterId } = subject;
    return createClient({ clusterId, endpoints, verify, trust, session, clock });
  }

  async reset(uuid: string): Promise<void> {
    const entry = this.#entries.get(uuid);
    this.#entries.delete(uuid);
    await entry?.client.close();
  }

  /** Ends every session; the next call of a cluster makes a new one. */
  async resetAll(): Promise<void> {
    await Promise.all([...this.#entries.keys()].map((uuid) => this.reset(uuid)));
  }

  async closeAll(): Promise<void> {
    this.#unsubscribe();
    await this.resetAll();
  }

  #entry(uuid: string): Entry {
    const existing = this.#entries.get(uuid);
    if (existing !== undefined) return existing;
    const cluster = this.#options.clusters.get(uuid);
    if (cluster.kind !== 'proxmox') {
      throw fail('UNSUPPORTED', { remedy: 'Use a Proxmox VE cluster for this.' });
    }
    const { endpoints, verify, clusterId, authKind, user, tokenId } = cluster;
    const account = { kind: authKind, user, tokenId, secret: () => this.#secrets.stored(uuid) };
    const session = new Session(account, this.#options.clock);
    const subject = { endpoints, verify, session, clusterId, account: accountName(cluster) };
    const entry = { subject, client: this.open(subject, endpoints) };
    this.#entries.set(uuid, entry);
    return entry;
  }

  #draftAccount(draft: ConnectionDraft): Account {
    const { authKind, user, tokenId } = draft;
    return { kind: authKind, user, tokenId, secret: () => this.#secrets.drafted(draft) };
  }
}

function accountName({ authKind, user, tokenId }: Cluster | ConnectionDraft): string {
  return authKind === 'token' ? (tokenId ?? '') : user;
}
