import type { Cluster } from '#shared/contract/clusters';
import type { Client } from '#shared/contract/index';
import type { SyncReport } from '#shared/contract/sync';
import { openCore } from '#tests/support/core';
import { callHub, withHub } from '#tests/support/hub';

const PASSWORD = 'correct horse';

/** A desk that keeps its clusters in step with a hub. */
export interface SyncDesk {
  client: Client;
  remoteUuid: string;
  add(clusterId: string): Promise<void>;
  change(clusterId: string, changes: Partial<Cluster>): Promise<void>;
  remove(clusterId: string): Promise<void>;
  sync(options?: { resolveAll?: 'mine' | 'theirs'; dryRun?: boolean }): Promise<SyncReport>;
  /** what the API can tell of each cluster */
  shown(): Promise<Map<string, object>>;
  close(): Promise<void>;
}

/** A hub with one cluster, `keep`, and desks that follow it. */
export async function openHubAndDesks(count: number) {
  const team = await openCore();
  const hub = await withHub(team);
  const token = hub.newToken ?? '';
  await callHub(hub, {
    token,
    method: 'POST',
    body: {
      cluster_id: 'keep',
      name: 'Keep',
      host: 'keep.lab',
      user: 'root@pam',
      password: PASSWORD,
    },
  });
  const desks: SyncDesk[] = [];
  for (let n = 0; n < count; n += 1) desks.push(await openDesk(hub, token));
  /** as the hub shows it, by cluster_id, without what is the record's own */
  const records = async () => {
    const { clusters } = (await callHub(hub, { token })).json();
    if (!Array.isArray(clusters)) throw new Error('The hub did not answer');
    return clusters as (Record<string, unknown> & { id: string })[];
  };
  const close = async () => {
    await Promise.all(desks.map((desk) => desk.close()));
    await hub.close();
    await team.close();
  };
  return { hub, token, desks, records, close };
}

/** A desk that follows a hub or an agent at this address. */
export async function openDesk(
  hub: { url: string; fingerprint: string },
  token: string,
): Promise<SyncDesk> {
  const { client, close } = await openCore();
  const { uuid: remoteUuid } = await client.remotes.create({
    name: 'Hub',
    url: hub.url,
    auth: 'token',
    verify: 'pin',
    pin: hub.fingerprint,
    secret: token,
  });
  const find = async (clusterId: string) =>
    (await client.clusters.list()).find((cluster) => cluster.clusterId === clusterId);
  return {
    client,
    remoteUuid,
    close,
    async add(clusterId) {
      if ((await find(clusterId)) !== undefined) return;
      await client.clusters.create({
        clusterId,
        name: `Lab ${clusterId}`,
        endpoints: [{ host: `${clusterId}.lab`, port: 8006, pin: null }],
        remoteUuid,
        secret: PASSWORD,
      });
    },
    async change(clusterId, changes) {
      const cluster = await find(clusterId);
      if (cluster !== undefined) await client.clusters.update({ uuid: cluster.uuid, changes });
    },
    async remove(clusterId) {
      const cluster = await find(clusterId);
      if (cluster !== undefined) await client.clusters.remove({ uuid: cluster.uuid });
    },
    async sync(options = {}) {
      const before = await client.clusters.list();
      const events = await client.sync.run({
        remoteUuid,
        ...options,
        sendSecrets: before.filter(({ hasSecret }) => hasSecret).map(({ clusterId }) => clusterId),
      });
      let report: SyncReport | null = null;
      for await (const event of events) if (event.type === 'done') report = event.report;
      // passwords never come down, so whoever works here enters them
      for (const { uuid, hasSecret } of await client.clusters.list()) {
        if (!hasSecret) await client.clusters.update({ uuid, changes: { secret: PASSWORD } });
      }
      if (report === null) throw new Error('The sync told no end');
      return report;
    },
    async shown() {
      const clusters = await client.clusters.list();
      return new Map(clusters.map((cluster) => [cluster.clusterId, essenceOf(cluster)]));
    },
  };
}

const essenceOf = (cluster: Cluster) => ({
  name: cluster.name,
  host: cluster.endpoints[0]?.host,
  port: cluster.endpoints[0]?.port,
  user: cluster.user,
  isActive: cluster.isActive,
  isDefault: cluster.isDefault,
  allowVmDeployment: cluster.allowVmDeployment,
  priority: cluster.priority,
  defaultStorage: cluster.defaultStorage,
  description: cluster.description,
});

/** The same of a hub's record. */
export const essenceOfRecord = (record: Record<string, unknown>) => ({
  name: record['name'],
  host: record['host'],
  port: record['port'],
  user: record['user'],
  isActive: record['is_active'],
  isDefault: record['is_default'],
  allowVmDeployment: record['allow_vm_deployment'],
  priority: record['priority'],
  defaultStorage: record['default_storage'],
  description: record['description'] ?? '',
});
