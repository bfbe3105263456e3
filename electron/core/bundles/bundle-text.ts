import type { Cluster, Group } from '#shared/contract/clusters';
import { fail } from '#shared/contract/errors';
import { holdsSecret } from '#shared/domain/secret-names';
import type { KeptFields } from '../clusters/rows';
import { type BundleDocument, writeBundle } from './bundle-file';
import { FIELD_NAMES, KEPT_NAMES, namesOf } from './fields';
import type { Audience } from './keys';

export interface ExportWish {
  withSecrets: boolean;
  passphrase?: string | undefined;
  recipients: string[];
}

/** @throws Failure INVALID_INPUT: a bundle has one passphrase, or recipients, and never neither */
export function audienceOf({ passphrase, recipients }: ExportWish): Audience {
  if (passphrase !== undefined && recipients.length === 0) return { passphrase };
  if (passphrase === undefined && recipients.length > 0) return { recipients };
  const sentence =
    passphrase === undefined
      ? 'Name a passphrase or at least one recipient.'
      : 'Name a passphrase or recipients, not both: age allows one kind.';
  throw fail('INVALID_INPUT', {
    remedy: sentence,
    field: 'passphrase',
    fields: { passphrase: sentence },
  });
}

export interface ExportSource {
  made: BundleDocument['made'];
  clusters: readonly Cluster[];
  groups: readonly Group[];
  keptOf(uuid: string): KeptFields;
  remoteUrl(uuid: string): string | null;
  /** cluster uuid -> secret in clear; null: without secrets */
  secrets: ReadonlyMap<string, string> | null;
}

/** The text of a bundle: clusters by id, and the groups they are in. */
export function bundleText(source: ExportSource): string {
  const { made, groups, secrets } = source;
  const clusters = source.clusters.toSorted((a, b) => (a.clusterId < b.clusterId ? -1 : 1));
  const used = new Set(clusters.map(({ groupUuid }) => groupUuid));
  const idOf = new Map(clusters.map(({ uuid, clusterId }) => [uuid, clusterId]));
  const named =
    secrets === null ? null : [...secrets].map(([uuid, text]) => [idOf.get(uuid) ?? uuid, text]);
  return writeBundle({
    made,
    groups: groups
      .filter(({ uuid }) => used.has(uuid))
      .map(({ name, colour }) => ({ name, colour })),
    clusters: clusters.map((cluster) => entryOf(cluster, source)),
    secrets: named === null ? null : Object.fromEntries(named),
  });
}

function entryOf(cluster: Cluster, source: ExportSource): Record<string, unknown> {
  const { uuid, groupUuid, remoteUuid } = cluster;
  const { extra = {}, ...kept } = source.keptOf(uuid);
  const group = source.groups.find((candidate) => candidate.uuid === groupUuid)?.name ?? null;
  const remote = remoteUuid === null ? null : source.remoteUrl(remoteUuid);
  // fields of others may be anything; what looks like a secret stays here
  const others = Object.entries(extra).filter(([name, value]) => !holdsSecret(name, value));
  const further = namesOf(KEPT_NAMES)
    .map(([field, name]) => [name, kept[field] ?? null] as const)
    .filter(([, value]) => value !== null);
  return {
    cluster_id: cluster.clusterId,
    ...Object.fromEntries(namesOf(FIELD_NAMES).map(([field, name]) => [name, cluster[field]])),
    group,
    ...(remote !== null && { remote }),
    ...Object.fromEntries(further),
    ...(others.length > 0 && { extra: Object.fromEntries(others) }),
  };
}
