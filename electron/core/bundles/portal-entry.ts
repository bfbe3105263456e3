import { tokenIdSchema } from '#shared/contract/clusters';
import { hostPort } from '#shared/domain/host';
import type { KeptFields } from '../clusters/rows';
import { type Candidate, type FileFields, noObject } from './candidate';
import { EntryFields } from './entry-fields';
import { KEPT_NAMES, namesOf } from './fields';

const FLAGS = {
  isActive: 'is_active',
  isDefault: 'is_default',
  allowVmDeployment: 'allow_vm_deployment',
  allowTemplateSync: 'allow_template_sync',
  allowIsoSync: 'allow_iso_sync',
  autoShutdownEnabled: 'auto_shutdown_enabled',
} as const satisfies Partial<Record<keyof FileFields, string>>;
const TEXTS = {
  defaultStorage: 'default_storage',
  templateStorage: 'template_storage',
  isoStorage: 'iso_storage',
  description: 'description',
} as const satisfies Partial<Record<keyof FileFields, string>>;

/** Numbers and times of the other store mean nothing here; the others were read, or are not set. */
const DONE_WITH = [
  'id',
  'cluster_id',
  'db_id',
  'created_at',
  'updated_at',
  'verify_ssl',
  'priority',
  ...Object.values(FLAGS),
  ...Object.values(TEXTS),
  ...Object.values(KEPT_NAMES),
];

/**
 * Reads one cluster as the lab portal writes it, in a `clusters.json` or a row of its database.
 * People edited those by hand, so what can be understood is corrected, and that is said.
 */
export function readPortalEntry(raw: unknown): Candidate {
  if (typeof raw !== 'object' || raw === null || Array.isArray(raw)) return noObject();
  const fields = new EntryFields(raw);
  const clusterId = readId(fields);
  const portal = readAddress(fields);
  const name = fields.text('name');
  if (name === null) fields.corrections.push('It has no name; its id stands in for it.');
  const { secret, ...account } = readAccount(fields);
  const named: Candidate['fields'] = { ...account };
  const shownName = name ?? clusterId ?? '';
  if (name !== null || clusterId !== null) named.name = shownName;
  for (const [field, key] of namesOf(FLAGS)) {
    if (fields.has(key)) named[field] = fields.flag(key, false);
  }
  for (const [field, key] of namesOf(TEXTS)) {
    if (fields.has(key)) named[field] = fields.text(key) ?? undefined;
  }
  if (fields.has('priority')) named.priority = fields.whole('priority', 50);
  const kept = readKept(fields);
  for (const key of DONE_WITH) fields.drop(key);
  const extra = fields.rest();
  return {
    ...noObject(),
    clusterId,
    name: shownName,
    address: portal === null ? '' : hostPort(portal.host, portal.port),
    fields: named,
    portal,
    kept: Object.keys(extra).length === 0 ? kept : { ...kept, extra },
    secret,
    corrections: fields.corrections,
    refusals: fields.refusals,
  };
}

function readId(fields: EntryFields): string | null {
  const written = fields.has('cluster_id') ? fields.text('cluster_id') : fields.text('id');
  if (written === null) {
    fields.refusals.push('It has no id.');
    return null;
  }
  const id = written
    .trim()
    .toLowerCase()
    .replace(/[\s_.]+/g, '-')
    .replace(/^-+/, '');
  if (id !== written) {
    fields.corrections.push(`The id ${written.slice(0, 60)} becomes ${id.slice(0, 60)}.`);
  }
  return id;
}

/** People wrote whole URLs and `host:port` where a host was asked for. */
function readAddress(fields: EntryFields): Candidate['portal'] {
  const written = fields.text('host')?.trim() ?? null;
  const port = fields.whole('port', 8006);
  const verifySsl = fields.has('verify_ssl') ? fields.flag('verify_ssl', false) : null;
  if (written === null) {
    fields.refusals.push('It has no host.');
    return null;
  }
  const parts = /^(?:https?:\/\/)?(\[[0-9a-f:.%]+\]|[^/:[\]@\s]+)(?::(\d{1,5}))?\/?$/i.exec(
    written,
  );
  const host = parts?.[1]?.replace(/^\[|\]$/g, '');
  if (host === undefined || host === written) return { host: written, port, verifySsl };
  const named = parts?.[2] === undefined ? port : Number(parts[2]);
  fields.corrections.push(`The host was an address; ${hostPort(host, named)} is used.`);
  return { host, port: named, verifySsl };
}

function readAccount(fields: EntryFields) {
  const user = fields.text('user')?.trim() ?? '';
  const secret = fields.text('password') ?? undefined;
  if (user === '') fields.refusals.push('It has no user.');
  if (tokenIdSchema.safeParse(user).success) {
    const owner = user.slice(0, user.indexOf('!'));
    return { authKind: 'token' as const, user: owner, tokenId: user, secret };
  }
  const withRealm = user === '' || user.includes('@') ? user : `${user}@pam`;
  if (withRealm !== user) fields.corrections.push(`The user ${user} becomes ${withRealm}.`);
  return { authKind: 'password' as const, user: withRealm, tokenId: null, secret };
}

function readKept(fields: EntryFields): KeptFields {
  const kept: KeptFields = {};
  for (const [field, key] of namesOf(KEPT_NAMES)) {
    if (!fields.has(key)) continue;
    if (field === 'vmCacheTtl') kept[field] = fields.whole(key, 0);
    else if (field === 'enableIpLookup' || field === 'enableIpPersistence') {
      kept[field] = fields.flag(key, true);
    } else kept[field] = fields.text(key);
  }
  return kept;
}
