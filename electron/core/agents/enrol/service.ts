import { homedir } from 'node:os';
import { join } from 'node:path';
import { type EnrolmentFile, nodeName } from '#shared/contract/agent/enrolment';
import type { EnrolRequest, EnrolResult } from '#shared/contract/agents';
import { fail } from '#shared/contract/errors';
import type { ClusterLive, InventoryRows } from '#shared/contract/inventory';
import { hostPort } from '#shared/domain/host';
import type { ClusterReader } from '../../clusters/types';
import type { Store } from '../../db/store';
import type { Clock } from '../../ports';
import { enrolmentText, knownCluster, newCluster, pastedCluster } from './enrolment';
import { nodeFiles } from './files';
import { folderOf, writeFiles } from './write';

export interface EnrolDeps {
  store: Pick<Store, 'mutate'>;
  clock: Pick<Clock, 'now'>;
  clusters: Pick<ClusterReader, 'get'>;
  watcher: { view(uuid: string): ClusterLive; rows(uuid: string): InventoryRows };
}

/** What a form begins with. */
export interface EnrolDefaults {
  folder: string;
  name: string;
  region: string;
  datacenter: string;
  seeds: EnrolRequest['seeds'];
}

const GOSSIP_PORT = 7946;
const MOST_SEEDS = 3;

/** Writes what new nodes need. The cluster key goes from the request into the files and nowhere else. */
export class Enrolment {
  readonly #deps: EnrolDeps;

  constructor(deps: EnrolDeps) {
    this.#deps = deps;
  }

  /** @throws Failure NOT_FOUND */
  defaults(uuid: string | undefined): EnrolDefaults {
    const folderFor = (name: string) => join(homedir(), `clusterdeck-enrol-${name}`);
    if (uuid === undefined) {
      return { folder: folderFor('new'), name: '', region: '', datacenter: '', seeds: [] };
    }
    const { clusterId } = this.#deps.clusters.get(uuid);
    const { clusterName, clusteros } = this.#deps.watcher.view(uuid);
    const seeds = this.#deps.watcher
      .rows(uuid)
      .members.filter(({ authenticated, status }) => authenticated && status === 'alive')
      .slice(0, MOST_SEEDS)
      .map(({ address }) => ({ host: address, port: GOSSIP_PORT }));
    const { region = '', datacenter = '' } = clusteros ?? {};
    const name = clusterName ?? clusterId;
    return { folder: folderFor(clusterId), name, region, datacenter, seeds };
  }

  /** @throws Failure INVALID_INPUT | NOT_FOUND; then no file was written */
  async write(request: EnrolRequest): Promise<EnrolResult> {
    const { store } = this.#deps;
    const folder = folderOf(request.folder);
    const file = this.#cluster(request.cluster);
    const seeds = request.seeds.map(({ host, port }) => hostPort(host, port));
    const files = nodeFiles(enrolmentText(file, seeds), request);
    await writeFiles(folder, files, request.overwrite);
    const { uuid, name } = file.cluster;
    const isNew = request.cluster.source === 'new';
    store.mutate((tx) =>
      tx.audit({
        action: 'nodes.enrol',
        subject: name,
        after: { cluster: uuid, isNew, folder, files: files.map((each) => each.name) },
      }),
    );
    return {
      folder,
      cluster: { uuid, name, isNew },
      files: files.map(({ name: each, secret, purpose }) => ({
        name: each,
        path: join(folder, each),
        secret,
        purpose,
      })),
      next: nextSteps(request, file, seeds),
    };
  }

  #cluster(wish: EnrolRequest['cluster']): EnrolmentFile {
    switch (wish.source) {
      case 'new': {
        const { name, region, datacenter, founder } = wish;
        return newCluster({ name, region, datacenter }, founder, this.#deps.clock.now());
      }
      case 'file':
        return pastedCluster(wish.text);
      case 'deck':
        return this.#onDeck(wish.uuid, wish.key);
    }
  }

  #onDeck(uuid: string, key: string): EnrolmentFile {
    const { clusterId } = this.#deps.clusters.get(uuid);
    const { clusterName, clusteros } = this.#deps.watcher.view(uuid);
    const name = nodeName.safeParse(clusterName);
    if (clusteros === null || !name.success) {
      const remedy = 'Connect to it once, or paste the enrolment file of one of its nodes.';
      throw fail(
        'INVALID_INPUT',
        { remedy, cluster: clusterId, fields: { 'cluster.uuid': 'It was never reached.' } },
        'This desk does not know the cluster well enough.',
      );
    }
    const { id, region, datacenter, createdAt } = clusteros;
    return knownCluster({ uuid: id, name: name.data, region, datacenter, createdAt }, key);
  }
}

function nextSteps(request: EnrolRequest, file: EnrolmentFile, seeds: string[]): string[] {
  const known = seeds.length + (file.seeds?.length ?? 0);
  return [
    'Keep the folder as you keep passwords: whoever has enrolment.yaml or user-data can join.',
    ...(request.cluster.source === 'new'
      ? [`Start ${request.cluster.founder} first: it founds the cluster, the others join it.`]
      : []),
    ...(known === 0 && !request.tailscale
      ? ['No address is named where members are heard: a node alone will do, others find nobody.']
      : []),
    'Give a machine user-data with cloud-init, or copy the files and run “node-agent enrol --file”.',
    'On a node make a token with “node-agent token create”, then add the cluster to the deck.',
  ];
}
