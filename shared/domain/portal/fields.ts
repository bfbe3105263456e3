import { isHost } from '../host';

/** The fields of a cluster that the API takes; all but `iso_storage` are also returned. */
export interface PortalValues {
  name: string;
  host: string;
  port: number;
  /** with realm, as `root@pam`, or a token id, as `deck@pve!desk` */
  user: string;
  verify_ssl: boolean;
  is_default: boolean;
  is_active: boolean;
  allow_vm_deployment: boolean;
  allow_template_sync: boolean;
  allow_iso_sync: boolean;
  auto_shutdown_enabled: boolean;
  priority: number;
  default_storage: string | null;
  template_storage: string | null;
  /** taken and kept, never returned */
  iso_storage: string | null;
  qcow2_template_path: string | null;
  qcow2_images_path: string | null;
  admin_group: string | null;
  admin_users: string | null;
  arp_subnets: string | null;
  /** seconds */
  vm_cache_ttl: number | null;
  enable_ip_lookup: boolean | null;
  enable_ip_persistence: boolean | null;
  description: string | null;
}

/** One cluster as the API returns it. */
export interface PortalRecord extends Omit<PortalValues, 'iso_storage'> {
  /** the cluster_id */
  id: string;
  db_id: number;
  /** UTC with no zone, `2026-11-21T19:49:57.949304` */
  created_at: string;
  updated_at: string;
}

/** @param ms since 1970, UTC */
export function naiveUtc(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, -1)}000`;
}

/** What is wrong with a value in a sentence, or null; `sent` is never part of the sentence. */
type Reading<T> = { value: T } | { problem: string };
type Reader<T> = (sent: unknown) => Reading<T>;

const LINE = /^[^\p{Cc}]*$/u;

function text(maxChars: number, refuses?: (value: string) => string | null): Reader<string> {
  return (sent) => {
    if (typeof sent !== 'string') return { problem: 'must be text.' };
    const value = sent.trim();
    if (value === '') return { problem: 'must not be empty.' };
    if (value.length > maxChars) return { problem: `has at most ${maxChars} characters.` };
    if (!LINE.test(value)) return { problem: 'must not have control characters.' };
    const problem = refuses?.(value) ?? null;
    return problem === null ? { value } : { problem };
  };
}

/** Blank counts as not set. */
function optionalText(
  maxChars: number,
  lines: 'one line' | 'any' = 'one line',
): Reader<string | null> {
  return (sent) => {
    if (sent === null) return { value: null };
    if (typeof sent !== 'string') return { problem: 'must be text.' };
    const value = sent.trim();
    if (value.length > maxChars) return { problem: `has at most ${maxChars} characters.` };
    if (lines === 'one line' && !LINE.test(value)) {
      return { problem: 'must not have control characters.' };
    }
    return { value: value === '' ? null : value };
  };
}

/** Digits in text count as their number, as forms send them. */
function whole(min: number, max: number): Reader<number> {
  return (sent) => {
    const digits = typeof sent === 'string' && /^\s*\d{1,9}\s*$/.test(sent);
    const value = digits ? Number(sent) : sent;
    return typeof value === 'number' && Number.isInteger(value) && value >= min && value <= max
      ? { value }
      : { problem: `must be a whole number from ${min} to ${max}.` };
  };
}

const flag: Reader<boolean> = (sent) => {
  if (typeof sent === 'boolean') return { value: sent };
  if (sent === 0 || sent === 1) return { value: sent === 1 };
  return { problem: 'must be true or false.' };
};

const orNull =
  <T>(reader: Reader<T>): Reader<T | null> =>
  (sent) =>
    sent === null ? { value: null } : reader(sent);

const USER = /^[^\s:/@!]+(@[^\s:/@!]+)*@[A-Za-z][A-Za-z0-9.\-_]+(![A-Za-z][A-Za-z0-9.\-_]+)?$/;
const storage = optionalText(100);
const path = optionalText(1000);

const READERS: { [Field in keyof PortalValues]: Reader<PortalValues[Field]> } = {
  name: text(100),
  host: text(253, (host) =>
    isHost(host) ? null : 'must be a host name or an IP address, with no scheme, port or path.',
  ),
  port: whole(1, 65_535),
  user: text(192, (user) => (USER.test(user) ? null : 'must have a realm, as root@pam.')),
  verify_ssl: flag,
  is_default: flag,
  is_active: flag,
  allow_vm_deployment: flag,
  allow_template_sync: flag,
  allow_iso_sync: flag,
  auto_shutdown_enabled: flag,
  priority: whole(0, 100),
  default_storage: storage,
  template_storage: storage,
  iso_storage: storage,
  qcow2_template_path: path,
  qcow2_images_path: path,
  admin_group: path,
  admin_users: path,
  arp_subnets: path,
  vm_cache_ttl: orNull(whole(0, 999_999_999)),
  enable_ip_lookup: orNull(flag),
  enable_ip_persistence: orNull(flag),
  description: optionalText(2000, 'any'),
};

/** What a new cluster has where its maker says nothing. */
export const PORTAL_DEFAULTS: Omit<PortalValues, 'name' | 'host' | 'user'> = {
  port: 8006,
  verify_ssl: false,
  is_default: false,
  is_active: true,
  allow_vm_deployment: true,
  allow_template_sync: true,
  allow_iso_sync: true,
  auto_shutdown_enabled: false,
  priority: 50,
  default_storage: null,
  template_storage: null,
  iso_storage: null,
  qcow2_template_path: '/mnt/pve/templates',
  qcow2_images_path: '/mnt/pve/images',
  admin_group: null,
  admin_users: null,
  arp_subnets: null,
  vm_cache_ttl: 300,
  enable_ip_lookup: true,
  enable_ip_persistence: false,
  description: null,
};

const FIELDS = Object.keys(READERS) as (keyof PortalValues)[];

/** The known fields a body names; every other field is left alone. */
export interface ReadValues {
  values: Partial<PortalValues>;
  /** field -> sentence without its subject */
  problems: Record<string, string>;
}

/** Reads the fields that stand in a body, each by its own rule. */
export function readValues(body: Record<string, unknown>): ReadValues {
  const read: ReadValues = { values: {}, problems: {} };
  for (const field of FIELDS) {
    if (Object.hasOwn(body, field)) readField(body, field, read);
  }
  return read;
}

function readField<Field extends keyof PortalValues>(
  body: Record<string, unknown>,
  field: Field,
  { values, problems }: ReadValues,
): void {
  const reading = READERS[field](body[field]);
  if ('problem' in reading) problems[field] = reading.problem;
  else values[field] = reading.value;
}

export const readClusterId: Reader<string> = text(50, (id) =>
  /^[a-z0-9][a-z0-9-]{0,49}$/.test(id)
    ? null
    : 'has only small letters, digits and hyphens, and starts with no hyphen.',
);

/** A password or token secret; a blank one leaves what is kept. */
export const readPassword: Reader<string> = (sent) => {
  if (sent === null || sent === '') return { value: '' };
  if (typeof sent !== 'string') return { problem: 'must be text.' };
  if (sent.length > 4096) return { problem: 'has at most 4096 characters.' };
  return /[\0\r\n]/.test(sent) ? { problem: 'must not have line breaks.' } : { value: sent };
};
