import type { PortalValues } from '../portal/fields';
import { type PortalCluster, type PortalOnly, toRecord } from '../portal/projection';
import type { Values } from './record';

/** A configured cluster as a sync sees it. */
export interface LocalCluster {
  uuid: string;
  clusterId: string;
  name: string;
  /** grows with each change */
  revision: number;
  isDefault: boolean;
  /** whether it must be confirmed before it is removed */
  isProtected: boolean;
  /** whether a password or token secret is stored */
  hasSecret: boolean;
  /** false for clusters of a kind the API has no form for */
  isProxmox: boolean;
  values: Values;
}

/** What the desk keeps of a cluster beside its settings. */
export type Kept = Partial<PortalOnly> & { extra?: Readonly<Record<string, unknown>> };

/** Every field that both sides know, apart from the default, which is no fact about one cluster. */
const KNOWN: ReadonlySet<string> = new Set<Exclude<keyof PortalValues, 'is_default'>>([
  'name',
  'host',
  'port',
  'user',
  'verify_ssl',
  'is_active',
  'allow_vm_deployment',
  'allow_template_sync',
  'allow_iso_sync',
  'auto_shutdown_enabled',
  'priority',
  'default_storage',
  'template_storage',
  'iso_storage',
  'qcow2_template_path',
  'qcow2_images_path',
  'admin_group',
  'admin_users',
  'arp_subnets',
  'vm_cache_ttl',
  'enable_ip_lookup',
  'enable_ip_persistence',
  'description',
]);

export const isKnownField = (field: string): boolean => KNOWN.has(field);

/** A cluster's values under the remote's keys, the unknown ones it brought once among them. */
export function valuesOf(cluster: PortalCluster, kept: Kept): Values {
  const {
    id: _id,
    db_id: _number,
    created_at: _created,
    updated_at: _updated,
    is_default: _default,
    ...record
  } = toRecord(cluster, kept);
  // an own field of this name, as a file may bring it, would be taken for the object's prototype
  const { ['__proto__']: _prototype, ...extra } = kept.extra ?? {};
  return { ...extra, ...record, iso_storage: cluster.isoStorage };
}

/** Values that came from a remote, parted into the API's own fields and those nobody here knows. */
export function parted(values: Values): { known: Partial<PortalValues>; unknown: Values } {
  const entries = Object.entries(values);
  return {
    // every known value was read by the API's rules before it came here
    known: Object.fromEntries(entries.filter(([field]) => KNOWN.has(field))),
    unknown: Object.fromEntries(entries.filter(([field]) => !KNOWN.has(field))),
  };
}
