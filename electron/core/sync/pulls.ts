import { randomUUID } from 'node:crypto';
import { clusterCreate, clusterUpdate } from '#shared/contract/clusters';
import { type Failure, fail } from '#shared/contract/errors';
import { toChanges } from '#shared/domain/portal/projection';
import type { Step } from '#shared/domain/sync/decide';
import { agreed, isSame, type Merged } from '#shared/domain/sync/merge';
import { type LocalCluster, parted } from '#shared/domain/sync/project';
import { deskId, type Values } from '#shared/domain/sync/record';
import type { Planned } from '#shared/domain/sync/types';
import type { Edit } from '../clusters/edit';
import { type KeptFields, readKept, type StoredCluster, writeKept } from '../clusters/rows';
import { applied, differences, invalid, needsReconnect, readOnlyHere } from '../clusters/rules';
import type { Transaction } from '../db/store';
import type { Clock } from '../ports';
import { deleteBase, writeBase } from './bases';
import { localOf } from './desk';

export interface PullDeps {
  remoteUuid: string;
  secrets: { has(owner: string): boolean; remove(tx: Transaction, owner: string): void };
  clock: Pick<Clock, 'now'>;
}

/** What came of one entry on this side. */
export type Pulled =
  | { result: 'done'; note?: string }
  /** the cluster was changed here in the meantime */
  | { result: 'waits' }
  | { result: 'failed'; failure: Failure };

/** Brings what a remote has into the store: cluster and base in one transaction. */
export class Pulls {
  readonly #deps: PullDeps;

  constructor(deps: PullDeps) {
    this.#deps = deps;
  }

  /** Takes the named fields over, and notes what both sides agree on now. */
  merge(edit: Edit, entry: Planned, pull: readonly Merged[]): Pulled {
    const { local, record } = entry;
    const before = local === null ? undefined : edit.book.get(local.uuid);
    if (local === null || record === null || before === undefined) return { result: 'waits' };
    const now = this.#local(edit, before);
    if (before.readOnly && pull.length > 0) {
      return { result: 'failed', failure: readOnlyHere(before.clusterId) };
    }
    const isAsPlanned = pull.every(
      ({ field, mine }) =>
        field === 'is_default' || field === 'id' || isSame(field, now.values[field] ?? null, mine),
    );
    if (!isAsPlanned || before.remoteUuid !== this.#deps.remoteUuid) return { result: 'waits' };
    const note = pull.length === 0 ? null : this.#take(edit, before, pull);
    if (note !== null && typeof note !== 'string') return { result: 'failed', failure: note };
    const after = edit.book.get(local.uuid) ?? before;
    this.#agree(edit, entry, this.#local(edit, after));
    return note === null || note === '' ? { result: 'done' } : { result: 'done', note };
  }

  create(edit: Edit, entry: Planned, asDefault: boolean): Pulled {
    const { record, base } = entry;
    if (record === null) return { result: 'waits' };
    const clusterId = deskId(record.id);
    for (const other of edit.book.values()) {
      if (other.clusterId === clusterId) return { result: 'waits' };
    }
    const { known, unknown } = parted(record.values);
    const { settings, kept } = toChanges(known, null);
    const facts = { ...settings, clusterId, isDefault: asDefault };
    const parsed = clusterCreate.safeParse({ ...facts, remoteUuid: this.#deps.remoteUuid });
    if (!parsed.success) return { result: 'failed', failure: refused(parsed.error.issues) };
    const { secret: _secret, ...fields } = parsed.data;
    const made = edit.insert({ ...fields, uuid: randomUUID() }, { ...kept, extra: unknown });
    const after = { ...made, ...kept, extra: unknown };
    edit.tx.audit({ action: 'cluster.create', subject: clusterId, target: made.uuid, after });
    if (base !== null) deleteBase(edit.tx.db, this.#deps.remoteUuid, base.clusterUuid);
    this.#agree(edit, { ...entry, base: null }, this.#local(edit, made));
    return { result: 'done' };
  }

  remove(edit: Edit, { local, base }: Planned): Pulled {
    const before = local === null ? undefined : edit.book.get(local.uuid);
    if (local === null || before === undefined) return { result: 'waits' };
    if (differences(local.values, this.#local(edit, before).values) !== null) {
      return { result: 'waits' };
    }
    if (before.readOnly) return { result: 'failed', failure: readOnlyHere(before.clusterId) };
    if (edit.book.size === 1) {
      const remedy = 'Add another cluster first; this one is the last.';
      const failure = fail('LAST_CLUSTER', { remedy, cluster: before.clusterId });
      return { result: 'failed', failure };
    }
    const all = { ...before, ...readKept(edit.tx.db, local.uuid) };
    edit.remove(local.uuid);
    this.#deps.secrets.remove(edit.tx, local.uuid);
    if (base !== null) deleteBase(edit.tx.db, this.#deps.remoteUuid, base.clusterUuid);
    const { clusterId: subject, uuid: target } = before;
    edit.tx.audit({ action: 'cluster.remove', subject, target, before: all });
    return { result: 'done' };
  }

  /** @returns a sentence on what followed, or why it cannot be */
  #take(edit: Edit, before: StoredCluster, pull: readonly Merged[]): string | Failure {
    const { uuid, clusterId } = before;
    const { known, unknown } = parted(valuesOf(pull));
    const { settings, kept } = toChanges(known, before);
    for (const { field, theirs } of pull) {
      if (field === 'is_default') settings.isDefault = theirs === true;
    }
    const id = pull.find(({ field }) => field === 'id')?.theirs;
    const named = typeof id === 'string' ? { ...settings, clusterId: id } : settings;
    const parsed = clusterUpdate.shape.changes.safeParse(named);
    if (!parsed.success) return refused(parsed.error.issues);
    const after = applied(before, parsed.data);
    const keptBefore = readKept(edit.tx.db, uuid);
    const keptAfter: KeptFields = { ...kept };
    if (Object.keys(unknown).length > 0) keptAfter.extra = { ...keptBefore.extra, ...unknown };
    const changed = differences(before, after);
    const keptChanged = differences(keptBefore, keptAfter);
    if (changed === null && keptChanged === null) return '';
    edit.update(after);
    if (keptChanged !== null) writeKept(edit.tx.db, uuid, keptAfter);
    const isOther = before.authKind !== after.authKind || before.tokenId !== after.tokenId;
    const isLost = isOther && this.#deps.secrets.has(uuid);
    if (isLost) this.#deps.secrets.remove(edit.tx, uuid);
    if (isLost || needsReconnect(before, after)) edit.reconnect.add(uuid);
    edit.tx.audit({
      action: 'cluster.update',
      subject: clusterId,
      target: uuid,
      before: { ...changed?.before, ...keptChanged?.before },
      after: {
        ...changed?.after,
        ...keptChanged?.after,
        ...(isLost && { secret: 'forgotten' }),
      },
    });
    return isLost
      ? 'Its secret belonged to another account and was forgotten. Enter the new one.'
      : '';
  }

  #agree({ tx }: Edit, { base, record }: Planned, local: LocalCluster): void {
    if (record === null) return;
    const { remoteUuid, clock } = this.#deps;
    const { id, number, createdThere } = record;
    const values = agreed(base?.values ?? null, local.values, record.values);
    const isSameRecord =
      base?.id === id && base.number === number && base.createdThere === createdThere;
    if (values === base?.values && isSameRecord && base.clusterUuid === local.uuid) return;
    if (base !== null && base.clusterUuid !== local.uuid) {
      deleteBase(tx.db, remoteUuid, base.clusterUuid);
    }
    const next = { clusterUuid: local.uuid, id, number, createdThere, values };
    writeBase(tx.db, remoteUuid, next, clock.now());
  }

  #local(edit: Edit, cluster: StoredCluster): LocalCluster {
    const hasSecret = this.#deps.secrets.has(cluster.uuid);
    return localOf({ ...cluster, hasSecret }, readKept(edit.tx.db, cluster.uuid));
  }
}

/** Why nobody but a person may let this come down: what it would do to the stored secret, or null. */
export function needsLook({ local }: Planned, step: Step): string | null {
  if (local?.hasSecret !== true) return null;
  if (step.kind === 'deleteHere') {
    return 'It was deleted there, and the stored password would go with it. Look at it, then sync.';
  }
  const isMoved =
    step.kind === 'merge' &&
    step.pull.some(({ field }) => ['host', 'port', 'verify_ssl'].includes(field));
  return isMoved
    ? 'The address changes, and the stored password would go to the new one. Look at it, then sync.'
    : null;
}

const valuesOf = (pull: readonly Merged[]): Values =>
  Object.fromEntries(
    pull
      .filter(({ field }) => field !== 'id' && field !== 'is_default')
      .map(({ field, theirs }) => [field, theirs]),
  );

function refused(issues: { path: PropertyKey[]; message: string }[]): Failure {
  return invalid(
    Object.fromEntries(issues.map(({ path, message }) => [path.map(String).join('.'), message])),
  );
}
