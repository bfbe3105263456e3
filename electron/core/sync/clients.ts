import type { SecureContext } from 'node:tls';
import type { SecretReader } from '../clusters/types';
import { PortalClient, type PortalTarget } from './portal-client';
import type { RemoteService } from './remotes';

export interface RemoteClientsDeps {
  remotes: Pick<RemoteService, 'get' | 'events'>;
  secrets: SecretReader;
  trust: () => SecureContext;
}

/** One client a remote, so that its session lasts from one sync to the next. */
export class RemoteClients {
  readonly #deps: RemoteClientsDeps;
  readonly #clients = new Map<string, PortalClient>();

  constructor(deps: RemoteClientsDeps) {
    this.#deps = deps;
    deps.remotes.events.subscribe(({ reconnect }) => {
      for (const uuid of reconnect) {
        const client = this.#clients.get(uuid);
        this.#clients.delete(uuid);
        void client?.close();
      }
    });
  }

  /** @throws Failure NOT_FOUND */
  get(uuid: string): PortalClient {
    const { url, auth, user, verify, pin } = this.#deps.remotes.get(uuid);
    const known = this.#clients.get(uuid);
    if (known !== undefined) return known;
    const secret = () => this.#deps.secrets.open(uuid, 'secret');
    const client = this.open({ url, auth, user, verify, pin, secret });
    this.#clients.set(uuid, client);
    return client;
  }

  /** A client of its own, as for a test; whoever opens it closes it. */
  open(target: Omit<PortalTarget, 'trust'>): PortalClient {
    return new PortalClient({ ...target, trust: this.#deps.trust });
  }

  async close(): Promise<void> {
    await Promise.all([...this.#clients.values()].map((client) => client.close()));
    this.#clients.clear();
  }
}
