import type { Endpoint } from '#shared/contract/clusters';
import type { ConnectionDraft } from '#shared/contract/connection';
import { fail } from '#shared/contract/errors';
import { ConnectionSecrets } from '../clusters/secrets';
import type { ClusterReader, ClustersEvent, SecretReader } from '../clusters/types';
import type { WireTarget } from '../net/transport';
import type { Clock } from '../ports';
import { createAgentClient } from './client';
import type { AgentClient, AgentClients } from './types';

export interface AgentClientsOptions {
  clusters: Pick<ClusterReader, 'get'>;
  secrets: SecretReader;
  /** said after a change of the configuration is stored */
  changes: { subscribe(listener: (event: ClustersEvent) => void): () => void };
  trust: WireTarget['trust'];
  clock: Clock;
}

/** The clients of all ClusterOS clusters; a changed configuration closes the old one at once. */
export class ClusterosClients implements AgentClients {
  readonly #options: AgentClientsOptions;
  readonly #secrets: ConnectionSecrets;
  readonly #clients = new Map<string, AgentClient>();
  readonly #unsubscribe: () => void;

  constructor(options: AgentClientsOptions) {
    this.#options = options;
    this.#secrets = new ConnectionSecrets(options.clusters, options.secrets);
    this.#unsubscribe = options.changes.subscribe((event) => {
      for (const uuid of [...event.reconnect, ...event.removed]) void this.reset(uuid);
    });
  }

  get(uuid: string): AgentClient {
    const known = this.#clients.get(uuid);
    if (known !== undefined) return known;
    const made = this.stored(uuid);
    this.#clients.set(uuid, made);
    return made;
  }

  /**
   * A client of its own; the caller closes it.
   * @param endpoints those of the cluster unless some are named
   */
  stored(uuid: string, endpoints?: Endpoint[]): AgentClient {
    const cluster = this.#options.clusters.get(uuid);
    if (cluster.kind !== 'clusteros') {
      throw fail('UNSUPPORTED', { remedy: 'Use a ClusterOS cluster for this.' });
    }
    const { trust, clock } = this.#options;
    return createAgentClient({
      clusterId: cluster.clusterId,
      endpoints: endpoints ?? cluster.endpoints,
      verify: cluster.verify,
      token: () => this.#secrets.stored(uuid),
      trust,
      clock,
    });
  }

  draft(draft: ConnectionDraft, endpoints: Endpoint[]): AgentClient {
    const { trust, clock } = this.#options;
    const token = () => this.#secrets.drafted(draft);
    return createAgentClient({
      clusterId: null,
      endpoints,
      verify: draft.verify,
      token,
      trust,
      clock,
    });
  }

  async reset(uuid: string): Promise<void> {
    const client = this.#clients.get(uuid);
    this.#clients.delete(uuid);
    await client?.close();
  }

  /** Ends every session; the next call of a cluster makes a new one. */
  async resetAll(): Promise<void> {
    await Promise.all([...this.#clients.keys()].map((uuid) => this.reset(uuid)));
  }

  async closeAll(): Promise<void> {
    this.#unsubscribe();
    await this.resetAll();
  }
}
