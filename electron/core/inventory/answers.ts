import type { Cluster } from '#shared/contract/clusters';
import { fail } from '#shared/contract/errors';
import type { ClusterLive, InventoryRows } from '#shared/contract/inventory';
import { matcher, parseQuery } from '#shared/domain/query';
import type { ClusterReader } from '../clusters/types';

/** What is known of one cluster, for scripts. */
export interface InventoryAnswer extends InventoryRows {
  uuid: string;
  clusterId: string;
  asOf: number | null;
  live: ClusterLive;
}

interface Known {
  clusters: Pick<ClusterReader, 'list' | 'find'>;
  watcher: {
    view(uuid: string): ClusterLive;
    rows(uuid: string): InventoryRows;
    poll(uuid?: string): Promise<ClusterLive[]>;
  };
}

/** Answers questions about the inventory from what was polled last. */
export class InventoryAnswers {
  readonly #known: Known;

  constructor(known: Known) {
    this.#known = known;
  }

  /**
   * The rows of one cluster or of all; a query leaves the guests it fits.
   * @throws Failure NOT_FOUND | INVALID_INPUT with the place of the mistake
   */
  query(input: { cluster?: string | undefined; query: string }): InventoryAnswer[] {
    const parsed = parseQuery(input.query);
    if (!parsed.ok) {
      const { message, from, to } = parsed.error;
      const fields = { query: message };
      throw fail('INVALID_INPUT', {
        remedy: message,
        field: 'query',
        fields,
        detail: `${from}-${to}`,
      });
    }
    const fits = matcher(parsed.query);
    return this.#named(input.cluster).map((cluster) => {
      const { uuid, clusterId } = cluster;
      const live = this.#known.watcher.view(uuid);
      const rows = this.#known.watcher.rows(uuid);
      const guests = rows.guests.filter((guest) => fits(guest, cluster));
      return { uuid, clusterId, asOf: live.asOf, live, ...rows, guests };
    });
  }

  /** @throws Failure NOT_FOUND; a cluster that does not answer says so in its state */
  async poll(cluster: string | undefined): Promise<ClusterLive[]> {
    const { clusters, watcher } = this.#known;
    return await watcher.poll(cluster === undefined ? undefined : clusters.find(cluster).uuid);
  }

  #named(ref: string | undefined): Cluster[] {
    const { clusters } = this.#known;
    return ref === undefined ? clusters.list() : [clusters.find(ref)];
  }
}
