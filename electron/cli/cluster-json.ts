import type { Cluster, Group } from '#shared/contract/clusters';
import { priorityBand } from '#shared/domain/priority';

/** A cluster under the lab portal's field names, which scripts know. */
export function clusterJson(cluster: Cluster, groups: Group[]) {
  const [first] = cluster.endpoints;
  return {
    id: cluster.clusterId,
    cluster_id: cluster.clusterId,
    number: cluster.number,
    uuid: cluster.uuid,
    kind: cluster.kind,
    name: cluster.name,
    host: first?.host ?? null,
    port: first?.port ?? null,
    user: cluster.user,
    auth: cluster.authKind,
    token_id: cluster.tokenId,
    verify: cluster.verify,
    verify_ssl: cluster.verify !== 'off',
    is_active: cluster.isActive,
    is_default: cluster.isDefault,
    allow_vm_deployment: cluster.allowVmDeployment,
    allow_template_sync: cluster.allowTemplateSync,
    allow_iso_sync: cluster.allowIsoSync,
    auto_shutdown_enabled: cluster.autoShutdownEnabled,
    priority: cluster.priority,
    priority_band: priorityBand(cluster.priority),
    default_storage: cluster.defaultStorage,
    template_storage: cluster.templateStorage,
    iso_storage: cluster.isoStorage,
    description: cluster.description,
    group: groups.find((group) => group.uuid === cluster.groupUuid)?.name ?? null,
    remote_uuid: cluster.remoteUuid,
    protected: cluster.protected,
    read_only: cluster.readOnly,
    colour: cluster.colour,
    endpoints: cluster.endpoints,
    has_secret: cluster.hasSecret,
    created_at: new Date(cluster.createdAt).toISOString(),
    updated_at: new Date(cluster.updatedAt).toISOString(),
    revision: cluster.revision,
  };
}

/** Any plain answer with its keys in snake_case, and `...At`, `...Until` and `asOf` times as ISO 8601. */
export function snakeCase(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(snakeCase);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, entry]) => [
      key.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`),
      /(At|Until|^asOf)$/.test(key) && typeof entry === 'number'
        ? new Date(entry).toISOString()
        : snakeCase(entry),
    ]),
  );
}
