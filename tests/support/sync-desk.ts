import { onTestFinished } from 'vitest';
import type { Ports } from '#electron/core/ports';
import type { ClusterCreateInput } from '#shared/contract/clusters';
import type { Client } from '#shared/contract/index';
import type { SyncReport } from '#shared/contract/sync';
import { openCore } from './core';
import { LabPortal, startPortal } from './portal';

type Wish = Omit<Parameters<Client['sync']['run']>[0], 'remoteUuid'>;

/** Runs a sync to its end. */
export async function syncWith(
  client: Client,
  remoteUuid: string,
  wish: Wish = {},
  signal: AbortSignal = new AbortController().signal,
): Promise<SyncReport> {
  for await (const event of await client.sync.run({ remoteUuid, ...wish }, { signal })) {
    if (event.type === 'done') return event.report;
  }
  throw new Error('The sync told no end');
}

/** A simulated lab portal that goes with the test. */
export async function withPortal(scheme: 'https' | 'http' = 'https') {
  const running = await startPortal(new LabPortal(), scheme);
  onTestFinished(() => running.close());
  return running;
}

/** A desk whose clusters may follow a lab portal, and that portal. */
export async function deskAndPortal(overrides: Partial<Ports> = {}) {
  const { portal, url, fingerprint } = await withPortal();
  const opened = await openCore(overrides);
  const { client } = opened;
  const { uuid: remoteUuid } = await client.remotes.create({
    name: 'Portal',
    url,
    user: 'ada@pve',
    pin: fingerprint,
    secret: 'correct horse',
  });
  return {
    ...opened,
    portal,
    url,
    fingerprint,
    remoteUuid,
    sync: (wish?: Wish, signal?: AbortSignal) => syncWith(client, remoteUuid, wish, signal),
    /** @returns its uuid */
    async add(clusterId: string, more: Partial<ClusterCreateInput> = {}): Promise<string> {
      const made = await client.clusters.create({
        clusterId,
        name: `Lab ${clusterId}`,
        endpoints: [{ host: `${clusterId}.lab`, port: 8006, pin: null }],
        remoteUuid,
        secret: `password of ${clusterId}`,
        ...more,
      });
      return made.uuid;
    },
    get: (ref: string) => client.clusters.get({ ref }),
    async change(ref: string, changes: Parameters<Client['clusters']['update']>[0]['changes']) {
      const { uuid } = await client.clusters.get({ ref });
      return client.clusters.update({ uuid, changes });
    },
    async remove(ref: string) {
      const { uuid } = await client.clusters.get({ ref });
      await client.clusters.remove({ uuid });
    },
  };
}

/** What a report says about one cluster. */
export function entryOf(report: SyncReport, clusterId: string): SyncReport['entries'][number] {
  const entry = report.entries.find((each) => each.clusterId === clusterId);
  if (entry === undefined) throw new Error(`The report does not know ${clusterId}`);
  return entry;
}
