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

export interface ObserverOptions {
  clock: Clock;
  logger: Logger;
  nodeName: string;
  places: KubePlaces;
  onChange: () => void;
}

const NOT_READY: Readiness = { ready: false, leads: false, message: 'It was not looked at yet.' };

/** What a server sees of its own Kubernetes API: whether it is ready, its nodes and its pods. */
export class Observer {
  readonly #options: ObserverOptions;
  #readiness = NOT_READY;
  #session: Session | null = null;

  constructor(options: ObserverOptions) {
    this.#options = options;
  }

  get readiness(): Readiness {
    return this.#readiness;
  }

  get view(): { nodes: KubeNode[]; pods: Pod[]; podCount: number; asOf: number } | null {
    const { nodes, pods } = this.#session ?? {};
    if (nodes?.asOf == null || pods?.asOf == null) return null;
    const asOf = Math.min(nodes.asOf, pods.asOf);
    return { nodes: nodes.values(), pods: pods.values(), podCount: pods.count, asOf };
  }

  get trouble(): string | null {
    const { nodes, pods } = this.#session ?? {};
    return (nodes?.trouble ?? pods?.trouble)?.message ?? null;
  }

  /** One look; called every few seconds while k3s runs. */
  async look(): Promise<Readiness> {
    const { places, clock, nodeName, onChange } = this.#options;
    const before = this.#readiness;
    try {
      this.#session ??= await this.#begin();
      const etcdMetrics = (await exists(places.etcdData)) ? places.etcdMetrics : null;
      const { client } = this.#session;
      this.#readiness = await readinessOf({ client, clock, nodeName, etcdMetrics });
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      this.#readiness = { ready: false, leads: false, message: error.message };
    }
    if (this.#readiness.ready) {
      this.#session?.nodes.touch();
      this.#session?.pods.touch();
      // k3s renews its certificates at a restart: the old ones then fit no more
    } else if (before.ready || this.#session !== null) {
      await this.rest();
    }
    onChange();
    return this.#readiness;
  }

  /** Nothing is asked until the next look; what was seen is kept by nobody. */
  async rest(): Promise<void> {
    const session = this.#session;
    this.#session = null;
    session?.end.abort();
    await session?.client.close();
  }

  async #begin(): Promise<Session> {
    const { places, clock, logger, onChange } = this.#options;
    const client = new KubeClient(await readAccess(places.serverAccess));
    const end = new AbortController();
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
    for (const one of [pods, nodes]) void one.follow(end.signal);
    return { client, end, pods, nodes };
  }
}

interface Session {
  client: KubeClient;
  end: AbortController;
  pods: FollowedObjects<Pod>;
  nodes: FollowedObjects<KubeNode>;
}
