import { type ClusterCreate, clusterCreate, tokenIdSchema } from '#shared/contract/clusters';
import { fail } from '#shared/contract/errors';
import type { ImportEntry } from '#shared/contract/imports';
import { hostPort } from '#shared/domain/host';
import type { KeptFields } from '../clusters/rows';
import { EntryFields } from './entry-fields';

/** An entry with what importing it would make; null where it cannot or need not be imported. */
export interface Judged {
  entry: ImportEntry;
  made: { input: ClusterCreate; kept: KeptFields } | null;
}

/** What the store has already. */
export interface Present {
  clusterIds: ReadonlySet<string>;
  hasDefault: boolean;
}

/**
 * Reads a `clusters.json` and judges each entry by itself.
 * @throws Failure INVALID_INPUT when it is no JSON array at all; the text is never part of it
 */
export function judgeClustersJson(text: string, present: Present): Judged[] {
  const list = parseList(text);
  const seen = new Set<string>();
  let hasDefault = present.hasDefault;
  return list.map((raw, index) => {
    const judged = judgeEntry(raw, index, present.clusterIds, seen, hasDefault);
    if (judged.made !== null) seen.add(judged.made.input.clusterId);
    hasDefault ||= judged.made?.input.isDefault ?? false;
    return judged;
  });
}

function parseList(text: string): unknown[] {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text.replace(/^\uFEFF/, ''));
  } catch {
    parsed = null;
  }
  if (Array.isArray(parsed) && parsed.length <= 10_000) return parsed;
  const what = Array.isArray(parsed)
    ? 'It lists more than 10000 clusters.'
    : 'It is no JSON array.';
  throw fail('INVALID_INPUT', {
    remedy: 'Choose a clusters.json as the lab portal writes it: a JSON array of clusters.',
    field: 'text',
    fields: { text: what },
  });
}

function judgeEntry(
  raw: unknown,
  index: number,
  present: ReadonlySet<string>,
  seen: ReadonlySet<string>,
  hasDefault: boolean,
): Judged {
  if (typeof raw !== 'object' || raw === null || Array.isArray(raw)) {
    const reasons = ['This entry is no object.'];
    const entry = { index, clusterId: null, name: '', address: '', hasSecret: false, reasons };
    return { entry: { ...entry, verdict: 'invalid' }, made: null };
  }
  const fields = new EntryFields(raw);
  const clusterId = readId(fields);
  const { host, port } = readAddress(fields);
  const name = fields.text('name');
  if (name === null) fields.corrections.push('It has no name; its id stands in for it.');
  const account = readAccount(fields);
  const kept = readKept(fields);
  const wantsDefault = fields.flag('is_default', false);
  const candidate = {
    clusterId: clusterId ?? '',
    name: name ?? clusterId ?? '',
    endpoints: [{ host: host ?? '', port, pin: null }],
    ...account,
    verify: fields.flag('verify_ssl', false) ? 'ca' : 'pin',
    isActive: fields.flag('is_active', true),
    isDefault: wantsDefault && !hasDefault,
    allowVmDeployment: fields.flag('allow_vm_deployment', true),
    allowTemplateSync: fields.flag('allow_template_sync', true),
    allowIsoSync: fields.flag('allow_iso_sync', true),
    autoShutdownEnabled: fields.flag('auto_shutdown_enabled', false),
    priority: fields.whole('priority', 50),
    defaultStorage: fields.text('default_storage'),
    templateStorage: fields.text('template_storage'),
    isoStorage: fields.text('iso_storage'),
    description: fields.text('description') ?? '',
  };
  // numbers and times of the other store mean nothing here
  for (const name of ['db_id', 'created_at', 'updated_at']) fields.text(name);
  const extra = fields.rest();
  const view = {
    index,
    clusterId,
    name: candidate.name.slice(0, 200),
    address: host === null ? '' : hostPort(host, port),
    hasSecret: account.secret !== undefined,
  };
  const parsed = clusterCreate.safeParse(candidate);
  const refusals = [...fields.refusals, ...(parsed.success ? [] : complaints(parsed.error.issues))];
  if (refusals.length > 0 || !parsed.success) {
    return { entry: { ...view, verdict: 'invalid', reasons: [...new Set(refusals)] }, made: null };
  }
  const { clusterId: id } = parsed.data;
  if (present.has(id) || seen.has(id)) {
    const where = present.has(id) ? 'is on the deck already' : 'stands earlier in this file';
    const reasons = [`A cluster with the id ${id} ${where}.`];
    return { entry: { ...view, verdict: 'exists', reasons }, made: null };
  }
  const reasons = [...fields.corrections];
  if (wantsDefault && hasDefault) {
    reasons.push('There is a default cluster already; this one is not made the default.');
  }
  if (!view.hasSecret) reasons.push('It has no password; enter one after the import.');
  return {
    entry: { ...view, verdict: 'new', reasons },
    made: { input: parsed.data, kept: { ...kept, extra } },
  };
}

function readId(fields: EntryFields): string | null {
  const written = fields.has('id') ? fields.text('id') : fields.text('cluster_id');
  if (written === null) {
    fields.refusals.push('It has no id.');
    return null;
  }
  const id = written
    .trim()
    .toLowerCase()
    .replace(/[\s_.]+/g, '-')
    .replace(/^-+/, '');
  if (id !== written)
    fields.corrections.push(`The id ${written.slice(0, 60)} becomes ${id.slice(0, 60)}.`);
  return id;
}

/** People wrote whole URLs and `host:port` where a host was asked for. */
function readAddress(fields: EntryFields): { host: string | null; port: number } {
  const written = fields.text('host')?.trim() ?? null;
  const port = fields.whole('port', 8006);
  if (written === null) {
    fields.refusals.push('It has no host.');
    return { host: null, port };
  }
  const parts = /^(?:https?:\/\/)?(\[[0-9a-f:.%]+\]|[^/:[\]@\s]+)(?::(\d{1,5}))?\/?$/i.exec(
    written,
  );
  const host = parts?.[1]?.replace(/^\[|\]$/g, '');
  if (host === undefined || host === written) return { host: written, port };
  const named = parts?.[2] === undefined ? port : Number(parts[2]);
  fields.corrections.push(`The host was an address; ${hostPort(host, named)} is used.`);
  return { host, port: named };
}

function readAccount(fields: EntryFields) {
  const user = fields.text('user')?.trim() ?? '';
  const secret = fields.text('password') ?? undefined;
  if (user === '') fields.refusals.push('It has no user.');
  if (tokenIdSchema.safeParse(user).success) {
    const owner = user.slice(0, user.indexOf('!'));
    if (secret === undefined) fields.refusals.push('Its token has no secret.');
    return { authKind: 'token' as const, user: owner, tokenId: user, secret };
  }
  const withRealm = user === '' || user.includes('@') ? user : `${user}@pam`;
  if (withRealm !== user) fields.corrections.push(`The user ${user} becomes ${withRealm}.`);
  return { authKind: 'password' as const, user: withRealm, tokenId: null, secret };
}

function readKept(fields: EntryFields): KeptFields {
  return {
    qcow2TemplatePath: fields.text('qcow2_template_path'),
    qcow2ImagesPath: fields.text('qcow2_images_path'),
    adminGroup: fields.text('admin_group'),
    adminUsers: fields.text('admin_users'),
    arpSubnets: fields.text('arp_subnets'),
    vmCacheTtl: fields.has('vm_cache_ttl') ? fields.whole('vm_cache_ttl', 0) : null,
    enableIpLookup: fields.has('enable_ip_lookup') ? fields.flag('enable_ip_lookup', true) : null,
    enableIpPersistence: fields.has('enable_ip_persistence')
      ? fields.flag('enable_ip_persistence', true)
      : null,
  };
}

const LABELS: Record<string, string> = {
  clusterId: 'Id',
  name: 'Name',
  endpoints: 'Address',
  user: 'User',
  secret: 'Password',
  priority: 'Priority',
};

/** Sentences for what the schema refused; a field that was missing was complained about before. */
function complaints(issues: { path: PropertyKey[]; message: string }[]): string[] {
  return issues.map(({ path, message }) => {
    const field = String(path[0]);
    return `${LABELS[field] ?? field}: ${message}`;
  });
}
