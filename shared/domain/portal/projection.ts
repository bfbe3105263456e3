import { naiveUtc, type PortalRecord, type PortalValues } from './fields';

interface Address {
  host: string;
  port: number;
  /** the fingerprint trusted for it */
  pin: string | null;
}

/** What the API can say of a cluster, under the desk's names. */
export interface PortalSettings {
  name: string;
  endpoints: Address[];
  authKind: 'password' | 'token';
  user: string;
  tokenId: string | null;
  verify: 'ca' | 'pin' | 'off';
  isActive: boolean;
  isDefault: boolean;
  allowVmDeployment: boolean;
  allowTemplateSync: boolean;
  allowIsoSync: boolean;
  autoShutdownEnabled: boolean;
  priority: number;
  defaultStorage: string | null;
  templateStorage: string | null;
  isoStorage: string | null;
  description: string;
}

/** Fields of the portal that the desk keeps and does not read. */
export interface PortalOnly {
  qcow2TemplatePath: string | null;
  qcow2ImagesPath: string | null;
  adminGroup: string | null;
  adminUsers: string | null;
  arpSubnets: string | null;
  vmCacheTtl: number | null;
  enableIpLookup: boolean | null;
  enableIpPersistence: boolean | null;
}

/** A configured cluster as far as a record tells of it; times in ms since 1970, UTC. */
export type PortalCluster = PortalSettings & {
  clusterId: string;
  number: number;
  createdAt: number;
  updatedAt: number;
};

/**
 * The record of a cluster. The API knows one address and one name for the account: the first
 * endpoint stands for the cluster, and a token's id for its user.
 */
export function toRecord(cluster: PortalCluster, kept: Partial<PortalOnly>): PortalRecord {
  const [first] = cluster.endpoints;
  return {
    id: cluster.clusterId,
    db_id: cluster.number,
    name: cluster.name,
    host: first?.host ?? '',
    port: first?.port ?? 8006,
    user: cluster.tokenId ?? cluster.user,
    verify_ssl: cluster.verify === 'ca',
    is_default: cluster.isDefault,
    is_active: cluster.isActive,
    allow_vm_deployment: cluster.allowVmDeployment,
    allow_template_sync: cluster.allowTemplateSync,
    allow_iso_sync: cluster.allowIsoSync,
    auto_shutdown_enabled: cluster.autoShutdownEnabled,
    priority: cluster.priority,
    default_storage: cluster.defaultStorage,
    template_storage: cluster.templateStorage,
    qcow2_template_path: kept.qcow2TemplatePath ?? null,
    qcow2_images_path: kept.qcow2ImagesPath ?? null,
    admin_group: kept.adminGroup ?? null,
    admin_users: kept.adminUsers ?? null,
    arp_subnets: kept.arpSubnets ?? null,
    vm_cache_ttl: kept.vmCacheTtl ?? null,
    enable_ip_lookup: kept.enableIpLookup ?? null,
    enable_ip_persistence: kept.enableIpPersistence ?? null,
    description: cluster.description === '' ? null : cluster.description,
    created_at: naiveUtc(cluster.createdAt),
    updated_at: naiveUtc(cluster.updatedAt),
  };
}

const SETTINGS = {
  name: 'name',
  is_default: 'isDefault',
  is_active: 'isActive',
  allow_vm_deployment: 'allowVmDeployment',
  allow_template_sync: 'allowTemplateSync',
  allow_iso_sync: 'allowIsoSync',
  auto_shutdown_enabled: 'autoShutdownEnabled',
  priority: 'priority',
  default_storage: 'defaultStorage',
  template_storage: 'templateStorage',
  iso_storage: 'isoStorage',
} as const;
const ONLY_THERE = {
  qcow2_template_path: 'qcow2TemplatePath',
  qcow2_images_path: 'qcow2ImagesPath',
  admin_group: 'adminGroup',
  admin_users: 'adminUsers',
  arp_subnets: 'arpSubnets',
  vm_cache_ttl: 'vmCacheTtl',
  enable_ip_lookup: 'enableIpLookup',
  enable_ip_persistence: 'enableIpPersistence',
} as const;

/** What values of the API change in a cluster, apart by who reads it. */
export interface PortalChanges {
  settings: Partial<PortalSettings>;
  kept: Partial<PortalOnly>;
}

/** @param before the cluster as it is, null for a new one */
export function toChanges(
  values: Partial<PortalValues>,
  before: Pick<PortalSettings, 'endpoints' | 'verify'> | null,
): PortalChanges {
  const settings: Partial<PortalSettings> = renamed(values, SETTINGS);
  if (values.description !== undefined) settings.description = values.description ?? '';
  if (values.user !== undefined) Object.assign(settings, accountOf(values.user));
  if (values.verify_ssl !== undefined) {
    settings.verify = verifyAfter(values.verify_ssl, before?.verify ?? null);
  }
  const [first] = before?.endpoints ?? [];
  const host = values.host ?? first?.host;
  const port = values.port ?? first?.port ?? 8006;
  if (host !== undefined && (values.host !== undefined || values.port !== undefined)) {
    settings.endpoints = endpointsAfter({ host, port }, before?.endpoints ?? []);
  }
  return { settings, kept: renamed(values, ONLY_THERE) };
}

function renamed<Names extends Partial<Record<keyof PortalValues, string>>>(
  values: Partial<PortalValues>,
  names: Names,
): { [Field in keyof Names & keyof PortalValues as Names[Field] & string]?: PortalValues[Field] } {
  const pairs = Object.entries(names).map(([from, to]) => [to, values[from as keyof PortalValues]]);
  return Object.fromEntries(pairs.filter(([, value]) => value !== undefined));
}

/** A token's id names its owner as well. */
export function accountOf(user: string): Pick<PortalSettings, 'authKind' | 'user' | 'tokenId'> {
  const mark = user.indexOf('!');
  return mark < 0
    ? { authKind: 'password', user, tokenId: null }
    : { authKind: 'token', user: user.slice(0, mark), tokenId: user };
}

/** "Not by authorities" never weakens what is verified here: without one of ours it means a pin. */
export function verifyAfter(
  verifySsl: boolean,
  before: PortalSettings['verify'] | null,
): PortalSettings['verify'] {
  if (verifySsl) return 'ca';
  return before === 'off' ? 'off' : 'pin';
}

/**
 * The endpoints once another is named as the first. One that was known moves to the front with its
 * pin; a new one replaces the first, as the API knows no others.
 */
export function endpointsAfter(named: Omit<Address, 'pin'>, before: Address[]): Address[] {
  const isNamed = ({ host, port }: Address) =>
    host.toLowerCase() === named.host.toLowerCase() && port === named.port;
  const known = before.find(isNamed);
  if (known === undefined) return [{ ...named, pin: null }, ...before.slice(1)];
  if (known === before[0]) return before;
  return [known, ...before.filter((endpoint) => endpoint !== known)];
}
