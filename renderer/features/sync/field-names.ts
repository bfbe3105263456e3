import type { MergedField } from '#shared/contract/sync';

/** What a person calls the remote's keys; a key nobody here knows keeps its own name. */
const NAMES: Readonly<Record<string, string>> = {
  id: 'Id',
  name: 'Name',
  host: 'Host',
  port: 'Port',
  user: 'User',
  verify_ssl: 'Verified by a CA',
  is_default: 'Default',
  is_active: 'Active',
  allow_vm_deployment: 'New guests',
  allow_template_sync: 'Template sync',
  allow_iso_sync: 'ISO sync',
  auto_shutdown_enabled: 'Idle shutdown',
  priority: 'Priority',
  default_storage: 'Storage for guests',
  template_storage: 'Storage for templates',
  iso_storage: 'Storage for ISO images',
  qcow2_template_path: 'Path of qcow2 templates',
  qcow2_images_path: 'Path of qcow2 images',
  admin_group: 'Admin group',
  admin_users: 'Admin users',
  arp_subnets: 'ARP subnets',
  vm_cache_ttl: 'Cache of guests, seconds',
  enable_ip_lookup: 'Look up addresses',
  enable_ip_persistence: 'Keep addresses',
  description: 'Description',
  // what only bundles tell
  kind: 'Kind',
  endpoints: 'Endpoints',
  auth: 'Kind of sign-in',
  token_id: 'Token id',
  verify: 'Verified by',
  protected: 'Protected',
  read_only: 'Read only',
  colour: 'Colour',
  group: 'Group',
  secret: 'Password or token',
};

export function fieldName(field: string): string {
  return NAMES[field] ?? field;
}

/** A value in words: `on`, `80`, `not set`. */
export function valueWords(value: MergedField['mine']): string {
  if (value === null || value === '') return 'not set';
  if (typeof value === 'boolean') return value ? 'on' : 'off';
  return String(value);
}
