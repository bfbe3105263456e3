import { Failure } from '#shared/contract/errors';
import type { Clock, Logger } from '../../ports';
import { readAccess } from './access';
import { KubeClient } from './client';
import { FollowedObjects } from './follow';
import { exists } from './joining';
import { type KubeNode, nodeObject, nodeOf, podObject, podOf } from './objects';
import type { KubePlaces } from './places';
import { type Readiness, readinessOf } from './readiness';
import type { Pod } from './types';

interface ObserverOptions {
  clock: Clock;
  logger: Logger;
  nodeName: string;
  places: KubePlaces;
  onChange: () => void;
}

export interface KubeView {
  nodes: KubeNode[];
  pods: Pod[];
  /** of all, also those that were not kept */
  podCount: number;
  /** ms since 1970 */
  asOf: number;
}

interface Session {
  client: KubeClient;
  end: AbortController;
  pods: FollowedObjects<Pod>;
  nodes: FollowedObjects<KubeNode>;
}

/** What a server sees of its own Kubernetes API: whether it is ready, its nodes and its pods. */
export class Observer {
  readonly #options: ObserverOptions;
  #readiness: Readiness = { ready: false, leads: false, message: 'It was not looked at yet.' };
  #session: Session | null = null;
  #last: KubeView | null = null;

  constructor(options: ObserverOptions) {
    this.#options = options;
  }

  get readiness(): Readiness {
    return this.#readiness;
  }

  /** What was last seen, also when that is long ago; null: nothing yet. */
  get view(): KubeView | null {
    const { nodes, pods } = this.#session ?? {};
    const asOf = Math.min(nodes?.asOf ?? 0, pods?.asOf ?? 0);
    if (nodes === undefined || pods === undefined || asOf === 0) return this.#last;
    return { nodes: nodes.values(), pods: pods.values(), podCount: pods.count, asOf };
  }

  get trouble(): string | null {
    const { nodes, pods } = this.#session ?? {};
    const failure = nodes?.trouble ?? pods?.trouble ?? null;
    return failure === null ? null : `Kubernetes: ${failure.message}`;
  }

  /** One look; to be called every few seconds while k3s runs. */
  async look(): Promise<Readiness> {
    const session = this.#session;
    try {
      this.#readiness = await this.#ask(session);
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      this.#readiness = { ready: false, leads: false, message: error.message };
    }
    // a restart of k3s may renew its certificates: the next look reads them again
    if (!this.#readiness.ready) await this.rest();
    for (const one of [this.#session?.nodes, this.#session?.pods]) one?.touch();
    this.#options.onChange();
    return this.#readiness;
  }

  /** Asks nothing until the next look. */
  async rest(): Promise<void> {
    const session = this.#session;
    if (session === null) return;
    this.#last = this.view;
    this.#session = null;
    session.end.abort();
    await session.client.close();
  }

  async #ask(session: Session | null): Promise<Readiness> {
    const { places, clock, nodeName } = this.#options;
    const etcdMetrics = (await exists(places.etcdData)) ? places.etcdMetrics : null;
    const client = session?.client ?? new KubeClient(await readAccess(places.serverAccess));
    const readiness = await readinessOf({ client, clock, nodeName, etcdMetrics });
    if (session === null && readiness.ready) this.#session = this.#begin(client);
    else if (session === null) await client.close();
    return readiness;
  }

  #begin(client: KubeClient): Session {
    const { clock, logger, onChange } = this.#options;
    const common = { client, clock, logger, onChange };
    const pods = new FollowedObjects({
      ...common,
      path: '/api/v1/pods',
      read: (object) => podOf(podObject.parse(object)),
    });
    const nodes = new FollowedObjects({
      ...common,
      path: '/api/v1/nodes',
      read: (object) => nodeOf(nodeObject.parse(object)),
    });
    const end = new AbortController();
    for (const one of [pods, nodes]) void one.follow(end.signal);
    return { client, end, pods, nodes };
  }
}
