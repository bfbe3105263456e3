import type { Cluster, Group } from '#shared/contract/clusters';
import { hostPort } from '#shared/domain/host';
import { priorityBand } from '#shared/domain/priority';
import { clusterJson } from '../cluster-json';
import { table } from '../output';
import type { CommandContext, ExitCode } from './context';

export async function listClusters({ withSession, out }: CommandContext): Promise<ExitCode> {
  const [clusters, groups] = await withSession(({ client }) =>
    Promise.all([client.clusters.list(), client.groups.list()]),
  );
  out.result(
    clusters.map((cluster) => clusterJson(cluster, groups)),
    () => (clusters.length === 0 ? 'There is no cluster yet.' : clusterTable(clusters, groups)),
  );
  return 0;
}

export async function showCluster(ref: string, context: CommandContext): Promise<ExitCode> {
  const [cluster, groups] = await context.withSession(async ({ client }) =>
    Promise.all([client.clusters.get({ ref }), client.groups.list()]),
  );
  tellCluster(cluster, groups, context);
  return 0;
}

export async function removeCluster(
  ref: string,
  confirm: string | undefined,
  { withSession, out }: CommandContext,
): Promise<ExitCode> {
  const removed = await withSession(async ({ client }) => {
    const cluster = await client.clusters.get({ ref });
    await client.clusters.remove({
      uuid: cluster.uuid,
      ...(confirm !== undefined && { confirm }),
    });
    return cluster;
  });
  out.result(
    { ok: true, cluster_id: removed.clusterId, uuid: removed.uuid },
    () => `Removed ${removed.clusterId} (${removed.name}).`,
  );
  return 0;
}

/** One cluster as the command's result. */
export function tellCluster(cluster: Cluster, groups: Group[], { out }: CommandContext): void {
  const json = clusterJson(cluster, groups);
  out.result(json, () =>
    Object.entries(json)
      .map(([name, value]) => [name.replaceAll('_', ' '), readable(value)] as const)
      .map(([name, value]) => `${name.padEnd(24)}${value}`)
      .join('\n'),
  );
}

function readable(value: unknown): string {
  if (value === null || value === '') return '-';
  if (typeof value === 'boolean') return value ? 'yes' : 'no';
  if (!Array.isArray(value)) return String(value);
  return value
    .map(({ host, port, pin }) => `${hostPort(host, port)} (${pin === null ? 'no pin' : pin})`)
    .join('\n'.padEnd(25));
}

function clusterTable(clusters: Cluster[], groups: Group[]): string {
  return table(
    ['NO', 'ID', 'NAME', 'ADDRESS', 'PRIORITY', 'BAND', 'GROUP', 'STATE', 'SECRET'],
    clusters.map((cluster) => {
      const [first] = cluster.endpoints;
      const state = cluster.isActive ? 'active' : 'maintenance';
      return [
        cluster.number,
        cluster.clusterId,
        cluster.name,
        first ? hostPort(first.host, first.port) : null,
        cluster.priority,
        priorityBand(cluster.priority),
        groups.find(({ uuid }) => uuid === cluster.groupUuid)?.name ?? null,
        cluster.isDefault ? `${state}, default` : state,
        cluster.hasSecret ? 'stored' : 'missing',
      ];
    }),
  );
}
