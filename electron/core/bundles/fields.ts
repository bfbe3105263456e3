import { z } from 'zod';
import type { KeptFields } from '../clusters/rows';
import type { FileFields } from './candidate';

/** Under which names a bundle has the fields of a cluster: the portal's, where it has them too. */
export const FIELD_NAMES = {
  kind: 'kind',
  name: 'name',
  endpoints: 'endpoints',
  authKind: 'auth',
  user: 'user',
  tokenId: 'token_id',
  verify: 'verify',
  isActive: 'is_active',
  isDefault: 'is_default',
  allowVmDeployment: 'allow_vm_deployment',
  allowTemplateSync: 'allow_template_sync',
  allowIsoSync: 'allow_iso_sync',
  autoShutdownEnabled: 'auto_shutdown_enabled',
  priority: 'priority',
  defaultStorage: 'default_storage',
  templateStorage: 'template_storage',
  isoStorage: 'iso_storage',
  description: 'description',
  protected: 'protected',
  colour: 'colour',
} as const satisfies Record<keyof FileFields, string>;

type PortalOnly = Exclude<keyof KeptFields, 'extra'>;

/** The same for the fields which only a portal reads. */
export const KEPT_NAMES = {
  qcow2TemplatePath: 'qcow2_template_path',
  qcow2ImagesPath: 'qcow2_images_path',
  adminGroup: 'admin_group',
  adminUsers: 'admin_users',
  arpSubnets: 'arp_subnets',
  vmCacheTtl: 'vm_cache_ttl',
  enableIpLookup: 'enable_ip_lookup',
  enableIpPersistence: 'enable_ip_persistence',
} as const satisfies Record<PortalOnly, string>;

const text = z.string().max(2000).nullable();
/** What the store can keep of them; a file may leave any of them out. */
export const keptFields = z
  .object({
    qcow2TemplatePath: text,
    qcow2ImagesPath: text,
    adminGroup: text,
    adminUsers: text,
    arpSubnets: text,
    vmCacheTtl: z.number().int().min(0).max(999_999_999).nullable(),
    enableIpLookup: z.boolean().nullable(),
    enableIpPersistence: z.boolean().nullable(),
  } satisfies Record<PortalOnly, z.ZodType>)
  .partial();

/** The pairs of a name table, with the types of its keys. */
export function namesOf<Field extends string>(table: Record<Field, string>): [Field, string][] {
  return Object.entries(table) as [Field, string][];
}
