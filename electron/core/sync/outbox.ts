import type { FailureView } from '#shared/contract/errors';
import type { OutboxEntry } from '#shared/contract/sync';
import { type Pending, pendingDefault, pendingOf } from '#shared/domain/sync/pending';
import type { LocalCluster } from '#shared/domain/sync/project';
import type { Intent } from '#shared/domain/sync/settle';
import type { Base } from '#shared/domain/sync/types';
import { notFound } from '../clusters/rules';
import type { Store, Transaction } from '../db/store';
import { Channel } from '../events';
import type { Clock, Logger } from '../ports';
import { readBases } from './bases';
import type { SyncDesk } from './desk';
import {
  deleteRow,
  findRow,
  insertRow,
  type OutboxRow,
  readOutbox,
  updateRow,
} from './outbox-rows';
import type { StoredRemote } from './remote-rows';
import { shownFields } from './views';

export interface OutboxDeps {
  store: Store;
  desk: SyncDesk;
  clock: Pick<Clock, 'now'>;
  logger: Logger;
  remotes(): readonly Pick<StoredRemote, 'uuid' | 'defaultId'>[];
}

/** What waits for one remote, by cluster. */
interface Waiting {
  pending: Map<string, Pending>;
  names: Map<string, { clusterId: string; name: string }>;
}

/**
 * What was changed here and has not reached its remote. What waits follows from the clusters and
 * their bases alone; the rows add since when, how often it was tried, and the request on its way.
 */
export class Outbox {
  readonly events: Channel<OutboxEntry[]>;
  readonly #deps: OutboxDeps;

  constructor(deps: OutboxDeps) {
    this.#deps = deps;
    this.events = new Channel((error) => deps.logger.error({ error }, 'An outbox listener failed'));
  }

  /** Oldest first. */
  list(): OutboxEntry[] {
    const rows = readOutbox(this.#deps.store.read);
    const waiting = new Map<string, Waiting>();
    return rows.flatMap((row) => {
      const of = waiting.get(row.remoteUuid) ?? this.#waiting(row.remoteUuid);
      waiting.set(row.remoteUuid, of);
      return entryOf(row, of);
    });
  }

  /** @throws Failure NOT_FOUND */
  row(id: number): OutboxRow {
    const row = readOutbox(this.#deps.store.read).find((each) => each.id === id);
    if (row === undefined) throw notFound('waiting change');
    return row;
  }

  waitsFor(remoteUuid: string): boolean {
    return readOutbox(this.#deps.store.read).some((row) => row.remoteUuid === remoteUuid);
  }

  /** The requests to a remote whose end nobody has read yet. */
  uncertain(remoteUuid: string): (OutboxRow & { intent: Intent })[] {
    return readOutbox(this.#deps.store.read).filter(
      (row): row is OutboxRow & { intent: Intent } =>
        row.remoteUuid === remoteUuid && row.intent !== null,
    );
  }

  /** Brings the rows into step with what waits, and tells the listeners where something changed. */
  refresh(): void {
    const { store, clock, remotes } = this.#deps;
    const rows = readOutbox(store.read);
    const missing: { remoteUuid: string; clusterUuid: string }[] = [];
    const spent: OutboxRow[] = [];
    for (const { uuid: remoteUuid } of remotes()) {
      const { pending } = this.#waiting(remoteUuid);
      const known = new Set<string>();
      for (const row of rows.filter((each) => each.remoteUuid === remoteUuid)) {
        known.add(row.clusterUuid);
        if (row.intent === null && !pending.has(row.clusterUuid)) spent.push(row);
      }
      for (const clusterUuid of pending.keys()) {
        if (!known.has(clusterUuid)) missing.push({ remoteUuid, clusterUuid });
      }
    }
    if (missing.length + spent.length > 0) {
      store.mutate((tx) => {
        for (const row of missing) insertRow(tx.db, { ...row, since: clock.now() });
        for (const { id } of spent) deleteRow(tx.db, id);
      });
    }
    this.events.emit(this.list());
  }

  /** Notes what is about to be sent, before it is. */
  begin(tx: Transaction, remoteUuid: string, clusterUuid: string, intent: Intent): void {
    const known = findRow(tx.db, remoteUuid, clusterUuid);
    if (known === null) {
      insertRow(tx.db, { remoteUuid, clusterUuid, since: this.#deps.clock.now() });
    }
    const row = known ?? findRow(tx.db, remoteUuid, clusterUuid);
    if (row !== null) updateRow(tx.db, row.id, { intent, attempts: row.attempts + 1 });
  }

  /** Notes how a request went; `open`: its end is still to be read. */
  end(
    tx: Transaction,
    remoteUuid: string,
    clusterUuid: string,
    { failure, isOpen }: { failure: FailureView | null; isOpen: boolean },
  ): void {
    const row = findRow(tx.db, remoteUuid, clusterUuid);
    if (row === null) return;
    updateRow(tx.db, row.id, { lastFailure: failure, ...(!isOpen && { intent: null }) });
  }

  #waiting(remoteUuid: string): Waiting {
    const { store, desk, remotes } = this.#deps;
    const { locals, others, isDefaultElsewhere } = desk.look(remoteUuid);
    const bases = readBases(store.read, remoteUuid);
    const elsewhere = new Set(others.values());
    const byUuid = new Map(locals.map((local) => [local.uuid, local]));
    const waiting: Waiting = { pending: new Map(), names: new Map() };
    const agreedUuids = new Set(bases.map(({ clusterUuid }) => clusterUuid));
    for (const base of bases) {
      if (elsewhere.has(base.clusterUuid)) continue;
      note(waiting, base.clusterUuid, base, byUuid.get(base.clusterUuid) ?? null);
    }
    for (const local of locals) {
      if (!agreedUuids.has(local.uuid)) note(waiting, local.uuid, null, local);
    }
    const remote = remotes().find(({ uuid }) => uuid === remoteUuid);
    if (!isDefaultElsewhere && remote !== undefined) {
      noteDefault(waiting, pendingDefault(remote.defaultId, locals, bases));
    }
    return waiting;
  }
}

function note(
  { pending, names }: Waiting,
  clusterUuid: string,
  base: Base | null,
  local: LocalCluster | null,
): void {
  const name = local?.name ?? base?.values['name'];
  const clusterId = local?.clusterId ?? base?.id ?? '';
  names.set(clusterUuid, { clusterId, name: typeof name === 'string' ? name : clusterId });
  const waits = pendingOf(base, local);
  if (waits !== null) pending.set(clusterUuid, waits);
}

function noteDefault({ pending }: Waiting, change: ReturnType<typeof pendingDefault>): void {
  if (change === null) return;
  const { clusterUuid, isDefault } = change;
  const before = pending.get(clusterUuid) ?? { kind: 'update' as const, fields: [] };
  pending.set(clusterUuid, {
    ...before,
    fields: [
      ...before.fields,
      {
        field: 'is_default',
        base: !isDefault,
        mine: isDefault,
        theirs: !isDefault,
        outcome: 'mine',
        note: null,
      },
    ],
  });
}

function entryOf(row: OutboxRow, { pending, names }: Waiting): OutboxEntry[] {
  const waits = pending.get(row.clusterUuid);
  if (waits === undefined && row.intent === null) return [];
  const { id, remoteUuid, since, attempts, lastFailure, intent } = row;
  const named = names.get(row.clusterUuid);
  const clusterId = named?.clusterId ?? intent?.id ?? '';
  const kind = waits?.kind ?? intent?.kind ?? 'update';
  const fields = shownFields(waits?.fields ?? []);
  const summary = summaryOf(kind, named?.name ?? clusterId, fields);
  const uncertain = intent !== null;
  return [{ id, remoteUuid, clusterId, summary, fields, since, attempts, lastFailure, uncertain }];
}

function summaryOf(kind: Pending['kind'], name: string, fields: { field: string }[]): string {
  if (kind === 'create') return `Add ${name}.`;
  if (kind === 'delete') return `Delete ${name}.`;
  const names = fields.map(({ field }) =>
    field.replace(/^is_default$/, 'default').replaceAll('_', ' '),
  );
  const last = names.length > 3 ? `${names.length - 2} more` : names.at(-1);
  if (last === undefined) return `Ask how the last change of ${name} ended.`;
  const first = names.slice(0, Math.min(names.length - 1, 2));
  const listed = first.length === 0 ? last : `${first.join(', ')} and ${last}`;
  return `Change ${listed} of ${name}.`;
}
