import type { AuditEntry } from '#shared/contract/audit';
import { endpointSchema } from '#shared/contract/clusters';
import { hostPort } from '#shared/domain/host';

/** What a person calls an action; one that is not here keeps its own name. */
const ACTIONS: Readonly<Record<string, string>> = {
  'access.lock': 'Clusterdeck locked',
  'access.setLock': 'Lock changed',
  'access.unlock': 'Clusterdeck unlocked',
  'access.viewer': 'Viewer mode switched',
  'audit.prune': 'Old entries removed',
  'audit.undo': 'Taken back',
  'bundle.export': 'Bundle exported',
  'bundle.import': 'File imported',
  'bundle.undo': 'Import taken back',
  'cluster.create': 'Cluster added',
  'cluster.duplicate': 'Cluster duplicated',
  'cluster.remove': 'Cluster deleted',
  'cluster.update': 'Cluster changed',
  'group.create': 'Group added',
  'group.remove': 'Group deleted',
  'group.update': 'Group changed',
  'hub.change': 'Hub changed',
  'hub.create': 'Hub made',
  'hub.createCluster': 'Added through the hub',
  'hub.removeCluster': 'Deleted through the hub',
  'hub.updateCluster': 'Changed through the hub',
  'nodes.enrol': 'Files for new nodes written',
  'remote.create': 'Remote added',
  'remote.remove': 'Remote deleted',
  'remote.update': 'Remote changed',
  'settings.update': 'Settings changed',
  'sync.drop': 'Waiting change dropped',
  'sync.run': 'Synced',
  'task.stop': 'Task stopped',
  'token.mint': 'Token made',
  'vault.change': 'Protection changed',
  'vault.create': 'Vault made',
};

const DEEDS = /^(guest|slurm|operation)\.(\w+?)(\.ordered)?$/;
const ON: Readonly<Record<string, string>> = {
  guest: 'Guest',
  slurm: 'SLURM',
  operation: 'Operation',
};

/** `Cluster changed`, `Guest: stop (ordered)`. */
export function actionWords(action: string): string {
  const [, on = '', deed, ordered] = DEEDS.exec(action) ?? [];
  if (deed !== undefined) return `${ON[on]}: ${deed}${ordered === undefined ? '' : ' (ordered)'}`;
  return ACTIONS[action] ?? action;
}

const FIELDS: Readonly<Record<string, string>> = {
  clusterId: 'Id',
  authKind: 'Account kind',
  tokenId: 'Token',
  verify: 'Certificate check',
  isActive: 'Active',
  isDefault: 'Default',
  allowVmDeployment: 'New guests',
  allowTemplateSync: 'Template sync',
  allowIsoSync: 'ISO sync',
  autoShutdownEnabled: 'Idle shutdown',
  defaultStorage: 'Storage for guests',
  templateStorage: 'Storage for templates',
  isoStorage: 'Storage for ISO images',
  groupUuid: 'Group',
  remoteUuid: 'Remote',
  readOnly: 'Read only',
};

/** `Idle shutdown`; a name that nobody wrote down is taken apart: `pollSeenS` is `Poll seen s`. */
export function fieldWords(field: string): string {
  const known = FIELDS[field];
  if (known !== undefined) return known;
  const apart = field.replace(/([a-z0-9])([A-Z])/g, '$1 $2').toLowerCase();
  return apart.charAt(0).toUpperCase() + apart.slice(1);
}

/** A value as people read it; what has no words of its own is shown as JSON. */
export function valueWords(value: unknown): string {
  if (value === null || value === undefined || value === '') return 'not set';
  if (typeof value === 'boolean') return value ? 'on' : 'off';
  if (typeof value === 'string' || typeof value === 'number') return String(value);
  if (Array.isArray(value)) return value.length === 0 ? 'none' : value.map(itemWords).join('\n');
  return JSON.stringify(value);
}

function itemWords(item: unknown): string {
  if (typeof item !== 'object' || item === null) return valueWords(item);
  const endpoint = endpointSchema.safeParse(item);
  if (!endpoint.success) return JSON.stringify(item);
  const { host, port, pin } = endpoint.data;
  return `${hostPort(host, port)} ${pin === null ? 'no pin' : `pin ${pin.slice(0, 8)}…`}`;
}

export interface FieldChange {
  field: string;
  before: unknown;
  after: unknown;
  /** false where only one side is told */
  changed: boolean;
}

/** What an entry tells, field by field. */
export function fieldChanges({
  before,
  after,
}: Pick<AuditEntry, 'before' | 'after'>): FieldChange[] {
  const fields = new Set([...Object.keys(before ?? {}), ...Object.keys(after ?? {})]);
  return [...fields].map((field) => ({
    field,
    before: before?.[field],
    after: after?.[field],
    changed: JSON.stringify(before?.[field]) !== JSON.stringify(after?.[field]),
  }));
}

const NAMED = 3;

/** What changed in a few words: `Priority 50 → 75, Name`. */
export function summaryOf(entry: Pick<AuditEntry, 'before' | 'after'>): string {
  if (entry.before === null || entry.after === null) return '';
  const changes = fieldChanges(entry).filter(({ changed }) => changed);
  const told = changes.slice(0, NAMED).map(({ field, before, after }) => {
    const words = [valueWords(before), valueWords(after)];
    const short = words.every((word) => word.length <= 24 && !word.includes('\n'));
    return short ? `${fieldWords(field)} ${words.join(' → ')}` : fieldWords(field);
  });
  const more = changes.length - told.length;
  return [...told, ...(more > 0 ? [`${more} more`] : [])].join(', ');
}
