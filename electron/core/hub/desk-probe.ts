import { z } from 'zod';
import type { Cluster } from '#shared/contract/clusters';
import type { TestEvent } from '#shared/contract/connection';
import { Failure } from '#shared/contract/errors';
import type {
  ClusterProbe,
  Outcome,
  PortalGroup,
  PortalStorage,
} from '#shared/domain/portal/ports';
import { readNodes } from '../pve/schemas/cluster';
import { flag, list, readRows, textOrEmpty } from '../pve/schemas/loose';
import type { PveClient, PveClients } from '../pve/types';

export interface DeskProbeDeps {
  clusters: { list(): Cluster[] };
  clients: Pick<PveClients, 'get'>;
  test: { run(input: { uuid: string }, signal: AbortSignal): AsyncIterable<TestEvent> };
}

const storageRow = z.object({
  storage: z.string(),
  type: textOrEmpty,
  content: list,
  active: flag,
  enabled: flag,
});
const groupRow = z.object({ groupid: z.string(), comment: textOrEmpty });

/** Asks the clusters of this desk with what its vault has sealed, for as long as the asker waits. */
export class DeskProbe implements ClusterProbe {
  readonly #deps: DeskProbeDeps;
  readonly #signal: AbortSignal;

  constructor(deps: DeskProbeDeps, signal: AbortSignal) {
    this.#deps = deps;
    this.#signal = signal;
  }

  test(number: number): Promise<Outcome<{ version: string; nodeNames: string[] }>> {
    return this.#ask(number, async (uuid) => {
      for await (const event of this.#deps.test.run({ uuid }, this.#signal)) {
        if (event.type !== 'done') continue;
        const { ok, version, nodeNames, message } = event.result;
        if (ok) return { ok, value: { version: version ?? '', nodeNames } };
        return { ok, reason: 'failed', message };
      }
      return { ok: false, reason: 'failed', message: 'The cluster has no endpoint.' };
    });
  }

  /** As the first node that is online sees them. */
  storages(number: number): Promise<Outcome<PortalStorage[]>> {
    return this.#ask(number, async (uuid) => {
      const client = this.#deps.clients.get(uuid);
      const nodes = readNodes(await this.#read(client, '/nodes')).rows;
      const node = nodes.find(({ status }) => status === 'online')?.node;
      if (node === undefined) return { ok: false, reason: 'failed', message: 'No node is online.' };
      const answer = await this.#read(client, `/nodes/${encodeURIComponent(node)}/storage`);
      const { rows } = readRows(answer, storageRow);
      return { ok: true, value: rows.map((row) => ({ ...row, content: row.content.join(',') })) };
    });
  }

  groups(number: number): Promise<Outcome<PortalGroup[]>> {
    return this.#ask(number, async (uuid) => {
      const answer = await this.#read(this.#deps.clients.get(uuid), '/access/groups');
      return { ok: true, value: readRows(answer, groupRow).rows };
    });
  }

  async #read(client: PveClient, path: string): Promise<unknown> {
    return (await client.call('GET', path, {}, { signal: this.#signal })).data;
  }

  async #ask<T>(number: number, work: (uuid: string) => Promise<Outcome<T>>): Promise<Outcome<T>> {
    const cluster = this.#deps.clusters.list().find((each) => each.number === number);
    if (cluster?.kind !== 'proxmox') return { ok: false, reason: 'notFound' };
    try {
      return await work(cluster.uuid);
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      return { ok: false, reason: 'failed', message: error.message };
    }
  }
}
