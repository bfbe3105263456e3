import { clusterUpdate } from '#shared/contract/clusters';
import { Failure } from '#shared/contract/errors';
import type { OutboxEntry, Resolution, SyncPlan, SyncReport } from '#shared/contract/sync';
import { toChanges } from '#shared/domain/portal/projection';
import { parted } from '#shared/domain/sync/project';
import type { Planned } from '#shared/domain/sync/types';
import type { Edit } from '../clusters/edit';
import { readKept, writeKept } from '../clusters/rows';
import { applied, differences } from '../clusters/rules';
import type { ClusterService } from '../clusters/service';
import type { Transaction } from '../db/store';
import { deleteBase, findBase, readBases } from './bases';
import type { RemoteClients } from './clients';
import { type SyncProgress, SyncRun, type SyncRunDeps, type SyncWish } from './sync-run';
import { shownEntry } from './views';

export interface SyncServiceDeps extends SyncRunDeps {
  clients: RemoteClients;
  clusters: Pick<ClusterService, 'together' | 'get'>;
}

export interface SyncInput {
  remoteUuid: string;
  dryRun: boolean;
  resolutions: readonly Resolution[];
  resolveAll?: 'mine' | 'theirs' | undefined;
  planTakenAt?: number | undefined;
  sendSecrets: readonly string[];
}

type SyncEvent = ({ type: 'progress' } & SyncProgress) | { type: 'done'; report: SyncReport };

/** What a person looked at, to tell whether it still is so. */
interface Look {
  takenAt: number;
  prints: ReadonlyMap<string, string>;
}

const CHANGED = 'It changed since you looked at it. Look at it again, then choose.';
const NEVER_SEEN = 'Nobody looked at this plan here. Take a new preview, then choose.';
/** Results after which something else waits than before. */
const OF_WORK: readonly string[] = ['done', 'failed'];
const AS_IS = () => null;

/** Keeps this desk and its remotes in step; one sync a remote runs at a time. */
export class SyncService {
  readonly #deps: SyncServiceDeps;
  readonly #looks = new Map<string, Look>();
  readonly #turns = new Map<string, Promise<void>>();
  #isOutdated = false;

  constructor(deps: SyncServiceDeps) {
    this.#deps = deps;
  }

  /** Looks after the outbox now, or once the sync at work is over. */
  clustersChanged(): void {
    this.#isOutdated = true;
    if (this.#turns.size === 0) this.#refresh();
  }

  /** Reads the remote once and says what a sync would do. @throws Failure */
  async preview(remoteUuid: string, signal: AbortSignal): Promise<SyncPlan> {
    return this.#inTurn(remoteUuid, async () => {
      const run = this.#open(this.#wish({ remoteUuid, dryRun: true }));
      const plan = await this.#noting(remoteUuid, () => run.look(signal));
      const takenAt = this.#deps.clock.now();
      const prints = new Map(plan.entries.map((entry) => [entry.clusterId, printOf(entry)]));
      this.#looks.set(remoteUuid, { takenAt, prints });
      return { remoteUuid, takenAt, entries: plan.entries.map(shownEntry) };
    });
  }

  /** @throws Failure where the remote could not be read; later trouble stands in the report */
  async *run(
    input: SyncInput,
    signal: AbortSignal,
    isUnattended = false,
  ): AsyncGenerator<SyncEvent> {
    const { remoteUuid } = input;
    const leave = await this.#enter(remoteUuid);
    try {
      const wish = { ...this.#wish(input), isUnattended, isStale: this.#staleness(input) };
      const steps = this.#open(wish).run(signal);
      for (;;) {
        const { value, done } = await this.#noting(remoteUuid, () => steps.next());
        if (done === true) {
          this.#isOutdated ||= value.entries.some(({ result }) => OF_WORK.includes(result));
          yield { type: 'done', report: value };
          return;
        }
        yield { type: 'progress', ...value };
      }
    } catch (error) {
      this.#isOutdated = true;
      throw error;
    } finally {
      leave();
      this.#refresh(remoteUuid);
    }
  }

  outbox(): OutboxEntry[] {
    return this.#deps.outbox.list();
  }

  /**
   * Forgets a change made here: the fields take the base's values again; a cluster that is not there
   * yet follows the remote no more; one that was deleted here comes back with the next sync.
   * @throws Failure NOT_FOUND
   */
  drop(id: number): void {
    const { outbox, store, clusters, desk, remotes } = this.#deps;
    const { remoteUuid, clusterUuid } = outbox.row(id);
    const base = findBase(store.read, remoteUuid, clusterUuid);
    const local = desk.find(remoteUuid, clusterUuid);
    const { defaultId } = remotes.stored(remoteUuid);
    clusters.together((edit) => {
      const before = edit.book.get(clusterUuid);
      if (local === null || before === undefined) {
        deleteBase(edit.tx.db, remoteUuid, clusterUuid);
        edit.tx.audit({ action: 'sync.drop', subject: base?.id ?? '', before: { deleted: true } });
        return;
      }
      if (base === null) edit.update({ ...before, remoteUuid: null });
      else {
        const { known, unknown } = parted(base.values);
        const { settings, kept } = toChanges(known, before);
        const isDefault = desk.look(remoteUuid).isDefaultElsewhere
          ? before.isDefault
          : defaultId === base.id;
        const changes = clusterUpdate.shape.changes.parse({ ...settings, isDefault });
        const keptBefore = readKept(edit.tx.db, clusterUuid);
        edit.update(applied(before, changes));
        writeKept(edit.tx.db, clusterUuid, { ...kept, extra: { ...keptBefore.extra, ...unknown } });
        if (before.isDefault && !isDefault) this.#restoreDefault(edit, remoteUuid, defaultId);
      }
      const after = edit.book.get(clusterUuid) ?? before;
      edit.reconnect.add(clusterUuid);
      const changed = differences(before, after);
      const { clusterId: subject } = before;
      edit.tx.audit({ action: 'cluster.update', subject, target: clusterUuid, ...changed });
    });
    outbox.refresh();
  }

  /** The choice of another default falls as a whole. */
  #restoreDefault(edit: Edit, remoteUuid: string, defaultId: string | null): void {
    const agreedOn = readBases(edit.tx.db, remoteUuid).find(({ id }) => id === defaultId);
    const cluster = agreedOn && edit.book.get(agreedOn.clusterUuid);
    if (cluster === undefined) return;
    edit.update({ ...cluster, isDefault: true });
    edit.tx.audit({
      action: 'cluster.update',
      subject: cluster.clusterId,
      target: cluster.uuid,
      before: { isDefault: false },
      after: { isDefault: true },
    });
  }

  #wish({
    remoteUuid,
    dryRun,
    resolutions = [],
    resolveAll,
    sendSecrets = [],
  }: Pick<SyncInput, 'remoteUuid' | 'dryRun'> & Partial<SyncInput>): SyncWish {
    const choices = { list: resolutions, rest: resolveAll ?? null };
    const secrets = new Set(sendSecrets);
    return {
      remoteUuid,
      dryRun,
      choices,
      sendSecrets: secrets,
      isUnattended: false,
      isStale: AS_IS,
    };
  }

  /** Choices hold for what was seen when they were made, and for nothing else. */
  #staleness({ remoteUuid, planTakenAt, resolutions }: SyncInput): SyncWish['isStale'] {
    if (planTakenAt === undefined) return AS_IS;
    const look = this.#looks.get(remoteUuid);
    if (look?.takenAt !== planTakenAt) {
      const chosen = new Set(resolutions.map(({ clusterId }) => clusterId));
      return ({ clusterId }) => (chosen.has(clusterId) ? NEVER_SEEN : null);
    }
    return (entry) => (look.prints.get(entry.clusterId) === printOf(entry) ? null : CHANGED);
  }

  #open(wish: SyncWish): SyncRun {
    return new SyncRun(this.#deps, wish, this.#deps.clients.get(wish.remoteUuid));
  }

  /** A remote that could not be read is shown with why. */
  async #noting<Result>(remoteUuid: string, work: () => Promise<Result>): Promise<Result> {
    try {
      return await work();
    } catch (error) {
      if (error instanceof Failure && error.code !== 'ABORTED') {
        const lastFailure = error.view();
        this.#deps.store.mutate((tx: Transaction) =>
          this.#deps.remotes.note(tx, remoteUuid, { lastFailure }),
        );
      }
      throw error;
    }
  }

  async #inTurn<Result>(remoteUuid: string, work: () => Promise<Result>): Promise<Result> {
    const leave = await this.#enter(remoteUuid);
    try {
      return await work();
    } finally {
      leave();
      this.#refresh(remoteUuid);
    }
  }

  /** A look that found nothing to do leaves the outbox alone, unless something stands in it. */
  #refresh(remoteUuid: string | null = null): void {
    const { outbox } = this.#deps;
    if (remoteUuid !== null && outbox.waitsFor(remoteUuid)) this.#isOutdated = true;
    if (!this.#isOutdated) return;
    this.#isOutdated = false;
    outbox.refresh();
  }

  /** Waits until nobody else syncs with the remote. @returns what lets the next one in */
  async #enter(remoteUuid: string): Promise<() => void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const before = this.#turns.get(remoteUuid);
    this.#turns.set(remoteUuid, promise);
    await before;
    return () => {
      if (this.#turns.get(remoteUuid) === promise) this.#turns.delete(remoteUuid);
      resolve();
    };
  }
}

/** What a person sees of an entry when they choose. */
function printOf({ verdict, fields, record, base }: Planned): string {
  const seen = fields.map(({ field, base: was, mine, theirs }) => [field, was, mine, theirs]);
  return JSON.stringify([verdict, seen, record?.number ?? null, base?.id ?? null]);
}
