import type { Cluster, Endpoint } from '#shared/contract/clusters';
import { fail } from '#shared/contract/errors';
import type { ClusterLive, InventoryRows } from '#shared/contract/inventory';
import type { Duplicate } from '#shared/contract/merge';
import { checkConfirmed } from '../operations/confirmed';
import type { ClusterService } from './service';
import type { ClusterReader } from './types';

export interface SameClustersDeps {
  clusters: ClusterReader & Pick<ClusterService, 'update' | 'remove'>;
  /** what is known of a cluster now */
  watcher: { view(uuid: string): ClusterLive; rows(uuid: string): InventoryRows };
}

export interface Consolidation {
  keep: string;
  drop: string;
  /** cluster_id of the dropped one; needed where it is protected */
  confirm?: string | undefined;
}

const MOST_ENDPOINTS = 16;

/** Finds cards that lead to one and the same cluster, and makes them one card. */
export class SameClusters {
  readonly #deps: SameClustersDeps;

  constructor(deps: SameClustersDeps) {
    this.#deps = deps;
  }

  /** @throws Failure NOT_FOUND */
  of(uuid: string): Duplicate[] {
    const { clusters } = this.#deps;
    const cluster = clusters.get(uuid);
    return clusters.list().flatMap((other) => {
      if (other.uuid === uuid || other.kind !== cluster.kind) return [];
      const evidence = this.#evidence(cluster, other);
      if (evidence.length === 0) return [];
      const endpoints = lacking(cluster, other).map(addressOf);
      return [{ uuid: other.uuid, evidence, endpoints }];
    });
  }

  /**
   * The endpoints first, then the card: cut off in between, both cards are there as before.
   * @throws Failure NOT_FOUND | INVALID_INPUT | CONFIRMATION_REQUIRED | READ_ONLY
   */
  async consolidate({ keep, drop, confirm }: Consolidation): Promise<{ endpoints: number }> {
    const { clusters } = this.#deps;
    const [kept, dropped] = [clusters.get(keep), clusters.get(drop)];
    if (!this.of(keep).some(({ uuid }) => uuid === drop)) {
      throw fail(
        'INVALID_INPUT',
        { remedy: 'Look at both cards: what they lead to must be one cluster.', field: 'drop' },
        `Nothing shows that ${kept.name} and ${dropped.name} are one cluster.`,
      );
    }
    checkConfirmed(clusters, [{ uuid: drop }], confirm);
    const endpoints = [...kept.endpoints, ...lacking(kept, dropped)].slice(0, MOST_ENDPOINTS);
    if (endpoints.length > kept.endpoints.length) {
      await clusters.update({ uuid: keep, revision: kept.revision, changes: { endpoints } });
    }
    await clusters.remove(drop, confirm);
    return { endpoints: endpoints.length };
  }

  #evidence(a: Cluster, b: Cluster): string[] {
    const shared = b.endpoints.filter((each) => a.endpoints.some((one) => isSame(one, each)));
    const pins = new Set(a.endpoints.map(({ pin }) => pin).filter((pin) => pin !== null));
    const known = b.endpoints.filter(
      (each) => !shared.includes(each) && each.pin !== null && pins.has(each.pin),
    );
    return [
      ...(shared.length === 0 ? [] : [sharedWords(shared.map(addressOf))]),
      ...known.map((each) => `${addressOf(each)} has the certificate of the other card too.`),
      ...(a.kind === 'clusteros' ? this.#sameMembers(a, b) : this.#sameGuests(a, b)),
    ];
  }

  /** A parted cluster has one id and two lists of members: that is none of this. */
  #sameMembers(a: Cluster, b: Cluster): string[] {
    const { watcher } = this.#deps;
    const id = watcher.view(a.uuid).clusteros?.id;
    if (id === undefined || watcher.view(b.uuid).clusteros?.id !== id) return [];
    const known = new Set(watcher.rows(a.uuid).members.map(({ nodeId }) => nodeId));
    const count = watcher.rows(b.uuid).members.filter(({ nodeId }) => known.has(nodeId)).length;
    if (count === 0) return [];
    return [`Both show the same cluster, with ${count} of its nodes on both cards.`];
  }

  /** Names alone prove nothing: clones have the same. Their guests tell them apart. */
  #sameGuests(a: Cluster, b: Cluster): string[] {
    const { watcher } = this.#deps;
    const name = watcher.view(a.uuid).clusterName;
    if (name === null || watcher.view(b.uuid).clusterName !== name) return [];
    const [first, second] = [watcher.rows(a.uuid), watcher.rows(b.uuid)];
    const nodes = (rows: InventoryRows) => rows.nodes.map(({ node }) => node).toSorted();
    if (nodes(first).join(' ') !== nodes(second).join(' ')) return [];
    const label = ({ id, name: of }: InventoryRows['guests'][number]) => `${id} ${of}`;
    const guests = new Set(first.guests.map(label));
    const same = second.guests.filter((guest) => guests.has(label(guest))).length;
    const fewer = Math.min(first.guests.length, second.guests.length);
    if (fewer === 0 || same < fewer) return [];
    return [`Both are called ${name}, with the same nodes and the same ${same} guests.`];
  }
}

const sharedWords = (addresses: readonly string[]): string =>
  `Both have the ${addresses.length === 1 ? 'endpoint' : 'endpoints'} ${addresses.join(', ')}.`;

const addressOf = ({ host, port }: Endpoint): string =>
  host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;

const isSame = (a: Endpoint, b: Endpoint): boolean =>
  a.host.toLowerCase() === b.host.toLowerCase() && a.port === b.port;

const lacking = (a: Cluster, b: Cluster): Endpoint[] =>
  b.endpoints.filter((each) => !a.endpoints.some((one) => isSame(one, each)));
