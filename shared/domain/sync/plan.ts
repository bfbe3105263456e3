import { mergeDefault } from './default';
import { type Merged, mergeFields } from './merge';
import { isKnownField, type LocalCluster } from './project';
import { deskId, type RemoteRecord, type UnreadableRecord } from './record';
import type { Base, DefaultMerge, Plan, Planned, SyncFacts, Verdict } from './types';

/** Says what a sync would do, cluster by cluster, without doing any of it. */
export function planSync(facts: SyncFacts): Plan {
  return new Planner(facts).plan();
}

class Planner {
  readonly #facts: SyncFacts;
  readonly #byId: Map<string, RemoteRecord>;
  readonly #locals: Map<string, LocalCluster>;
  readonly #others: ReadonlySet<string>;
  readonly #unreadable: UnreadableRecord[];
  readonly #entries: Planned[] = [];
  readonly #spent: Base[] = [];

  constructor(facts: SyncFacts) {
    this.#facts = facts;
    this.#byId = new Map(facts.records.map((record) => [record.id, record]));
    this.#locals = new Map(facts.locals.map((local) => [local.uuid, local]));
    this.#others = new Set(facts.others.values());
    this.#unreadable = [...facts.unreadable];
  }

  plan(): Plan {
    const pairs = this.#facts.bases
      // those of clusters that follow another remote now rest until they come back
      .filter(({ clusterUuid }) => !this.#others.has(clusterUuid))
      .map((base) => ({ base, record: this.#recordOf(base) }));
    const known = pairs.filter(({ base }) => !this.#takeUnreadable(base));
    // a remote that lost all it had was set up anew, and nobody meant to delete everything
    const isEmptied = pairs.length > 0 && pairs.every(({ record }) => record === null);
    for (const { base, record } of known) this.#agreedOn(base, record, isEmptied);
    for (const local of this.#locals.values()) this.#onlyHere(local);
    for (const record of this.#byId.values()) this.#onlyThere(record);
    for (const record of this.#unreadable) this.#invalid(record);
    return { entries: this.#entries, spent: this.#spent, default: this.#default() };
  }

  /** By its id; one that was renamed there by its number and the time it was made. */
  #recordOf(base: Base): RemoteRecord | null {
    const byId = this.#byId.get(base.id);
    const found =
      byId ??
      this.#facts.records.find(
        ({ number, createdThere, id }) =>
          number === base.number &&
          createdThere !== null &&
          createdThere === base.createdThere &&
          !this.#facts.bases.some((other) => other.id === id),
      );
    if (found !== undefined) this.#byId.delete(found.id);
    return found ?? null;
  }

  /** A record that cannot be read is there all the same: nothing is deleted for it. */
  #takeUnreadable(base: Base): boolean {
    const index = this.#unreadable.findIndex(({ id, number }) =>
      id === null ? number === base.number : deskId(id) === deskId(base.id),
    );
    const [record] = index < 0 ? [] : this.#unreadable.splice(index, 1);
    if (record === undefined) return false;
    const local = this.#take(base);
    this.#add({ ...this.#blank(record), local, base });
    return true;
  }

  #agreedOn(base: Base, record: RemoteRecord | null, isEmptied: boolean): void {
    const local = this.#take(base);
    if (local !== null && record !== null) return this.#both(local, record, base);
    if (local !== null) return this.#goneThere(local, base, isEmptied);
    if (record === null) {
      this.#spent.push(base);
      return;
    }
    const fields = mergeFields(base.values, base.values, record.values, isKnownField);
    const verdict = fields.length === 0 ? 'deleteThere' : 'deleteConflict';
    const reasons =
      fields.length === 0 ? [] : ['It was deleted here and changed there in the meantime.'];
    this.#add({ ...this.#named(null, record), record, base, verdict, fields, reasons });
  }

  #goneThere(local: LocalCluster, base: Base, isEmptied: boolean): void {
    const fields = mergeFields(base.values, local.values, base.values, isKnownField);
    const reasons: string[] = [];
    if (fields.length > 0) reasons.push('It was deleted there and changed here in the meantime.');
    else if (isEmptied) {
      reasons.push('The remote has none of the clusters it had; it may have been set up anew.');
    }
    if (local.isProtected) reasons.push('It is protected here.');
    const verdict = reasons.length === 0 ? 'deleteHere' : 'deleteConflict';
    this.#add({ ...this.#named(local, null), local, base, verdict, fields, reasons });
  }

  /** The cluster of a base; one that was removed and added again under its id goes on with it. */
  #take(base: Base): LocalCluster | null {
    const isFree = ({ uuid }: LocalCluster) =>
      !this.#facts.bases.some((other) => other.clusterUuid === uuid);
    const local =
      this.#locals.get(base.clusterUuid) ??
      [...this.#locals.values()].find(
        (each) => each.clusterId === deskId(base.id) && isFree(each),
      ) ??
      null;
    if (local !== null) this.#locals.delete(local.uuid);
    return local;
  }

  #onlyHere(local: LocalCluster): void {
    const entry = { ...this.#named(local, null), local };
    if (!local.isProxmox) {
      const reasons = ['The remote keeps Proxmox clusters only; this one stays on this desk.'];
      return this.#add({ ...entry, verdict: 'invalid', reasons });
    }
    const index = this.#unreadable.findIndex(
      ({ id }) => id !== null && deskId(id) === local.clusterId,
    );
    const [unreadable] = index < 0 ? [] : this.#unreadable.splice(index, 1);
    if (unreadable !== undefined) return this.#add({ ...this.#blank(unreadable), local });
    const record = this.#takeRecord(local.clusterId);
    if (record !== null) return this.#both(local, record, null);
    const fields = Object.keys(local.values)
      .filter((field) => isKnownField(field) && local.values[field] !== null)
      .map((field) => only(field, 'mine', local.values[field]));
    const needsSecret = this.#facts.takesSecrets;
    const reasons =
      local.hasSecret || !needsSecret
        ? []
        : ['No password is stored here, and the remote makes no cluster without one.'];
    this.#add({ ...entry, verdict: 'createThere', fields, reasons, needsSecret });
  }

  #takeRecord(clusterId: string): RemoteRecord | null {
    for (const record of this.#byId.values()) {
      if (deskId(record.id) !== clusterId) continue;
      this.#byId.delete(record.id);
      return record;
    }
    return null;
  }

  #onlyThere(record: RemoteRecord): void {
    const entry = { ...this.#named(null, record), record };
    const id = deskId(record.id);
    if (this.#facts.others.has(id)) {
      const reasons = [
        `The cluster ${id} of this desk does not follow this remote. Let it follow it, or rename it.`,
      ];
      return this.#add({ ...entry, verdict: 'invalid', reasons });
    }
    if (this.#facts.locals.some(({ clusterId }) => clusterId === id)) {
      const reasons = [`Another cluster of this desk has the id ${id}. Rename one of them.`];
      return this.#add({ ...entry, verdict: 'invalid', reasons });
    }
    const fields = Object.keys(record.values)
      .filter((field) => record.values[field] !== null)
      .map((field) => only(field, 'theirs', record.values[field]));
    this.#add({ ...entry, verdict: 'createHere', fields });
  }

  #invalid(record: UnreadableRecord): void {
    this.#add(this.#blank(record));
  }

  #both(local: LocalCluster, record: RemoteRecord, base: Base | null): void {
    const fields = mergeFields(base?.values ?? null, local.values, record.values, isKnownField);
    const reasons: string[] = [];
    const renamed = this.#renamed(local, record, base, reasons);
    if (renamed !== null) fields.unshift(renamed);
    if (!local.isProxmox) {
      reasons.push('The remote takes it for a Proxmox cluster, which it is not here.');
      this.#add({
        ...this.#named(local, record),
        local,
        record,
        base,
        verdict: 'invalid',
        reasons,
      });
      return;
    }
    const verdict = verdictOf(fields);
    this.#add({ ...this.#named(local, record), local, record, base, verdict, fields, reasons });
  }

  /** The remote never takes a new id; one that it has itself comes down unless it is taken here. */
  #renamed(
    local: LocalCluster,
    record: RemoteRecord,
    base: Base | null,
    reasons: string[],
  ): Merged | null {
    const there = deskId(record.id);
    if (local.clusterId === there) return null;
    const wasSame = base !== null && local.clusterId === deskId(base.id);
    const isTaken =
      this.#facts.others.has(there) ||
      this.#facts.locals.some(({ clusterId }) => clusterId === there);
    if (wasSame && !isTaken) {
      return { ...only('id', 'theirs', there), base: deskId(base.id), mine: local.clusterId };
    }
    reasons.push(
      `It is ${record.id} there and ${local.clusterId} here: a remote keeps the id of a cluster for good.`,
    );
    return null;
  }

  #default(): DefaultMerge {
    const merge = mergeDefault(this.#entries, this.#facts);
    for (const { entry, field } of merge.fields) {
      entry.fields.push(field);
      entry.verdict = verdictOf(entry.fields);
    }
    return merge;
  }

  #blank(record: UnreadableRecord): Planned {
    const clusterId = record.id === null ? '' : deskId(record.id);
    const { name, reasons } = record;
    const nothing = { local: null, record: null, base: null, fields: [] };
    return { clusterId, name, verdict: 'invalid', reasons, ...nothing };
  }

  #named(local: LocalCluster | null, record: RemoteRecord | null) {
    const there = record === null ? '' : deskId(record.id);
    const name = local?.name ?? record?.values['name'];
    return {
      clusterId: local?.clusterId ?? there,
      name: typeof name === 'string' ? name : there,
      local,
      record,
      base: null,
      fields: [],
      reasons: [],
    };
  }

  #add(entry: Planned): void {
    this.#entries.push(entry);
  }
}

const only = (field: string, side: 'mine' | 'theirs', value: unknown): Merged => ({
  field,
  base: null,
  mine: side === 'mine' ? value : null,
  theirs: side === 'theirs' ? value : null,
  outcome: side,
  note: null,
});

/** For a cluster that is on both sides. */
export function verdictOf(fields: readonly Merged[]): Verdict {
  const has = (outcome: Merged['outcome']) => fields.some((field) => field.outcome === outcome);
  if (has('conflict')) return 'conflict';
  if (has('mine')) return has('theirs') ? 'both' : 'push';
  return has('theirs') ? 'pull' : 'same';
}
