import { setImmediate } from 'node:timers/promises';
import { Failure, fail } from '#shared/contract/errors';
import type { SyncReport } from '#shared/contract/sync';
import { type Choices, type Decided, decide, type Step } from '#shared/domain/sync/decide';
import { agreed } from '#shared/domain/sync/merge';
import { planSync } from '#shared/domain/sync/plan';
import type { Plan, Planned } from '#shared/domain/sync/types';
import type { Edit } from '../clusters/edit';
import type { ClusterService } from '../clusters/service';
import type { SecretReader } from '../clusters/types';
import type { Store, Transaction } from '../db/store';
import type { Clock } from '../ports';
import { deleteBase, readBases } from './bases';
import type { SyncDesk } from './desk';
import type { Outbox } from './outbox';
import type { PortalClient } from './portal-client';
import { needsLook, type Pulled, Pulls } from './pulls';
import { endsTheSync, type Pushed, Pushes } from './pushes';
import { type Ends, endFailure, RemoteState } from './remote-state';
import type { RemoteService } from './remotes';
import { shownEntry } from './views';

export interface SyncRunDeps {
  store: Store;
  clusters: Pick<ClusterService, 'together'>;
  secrets: SecretReader & {
    has(owner: string): boolean;
    remove(tx: Transaction, owner: string): void;
  };
  remotes: Pick<RemoteService, 'stored' | 'note'>;
  desk: SyncDesk;
  outbox: Outbox;
  clock: Pick<Clock, 'now'>;
}

export interface SyncWish {
  remoteUuid: string;
  dryRun: boolean;
  choices: Choices;
  /** cluster_ids whose password may go to the remote */
  sendSecrets: ReadonlySet<string>;
  /** nobody looks: what needs a look waits */
  isUnattended: boolean;
  /** why an entry is not what the choices were made on, or null */
  isStale(entry: Planned): string | null;
}

export type SyncProgress = { done: number; total: number; clusterId: string };

type ReportEntry = SyncReport['entries'][number];
type Result = ReportEntry['result'];

/** So many at a time are stored, so that others are served in between. */
const CHUNK = 50;
const CHANGED_HERE = 'It was changed here while this sync ran. It goes with the next one.';

/** One sync with one remote: look, decide, bring down, send up, look again. */
export class SyncRun {
  readonly #deps: SyncRunDeps;
  readonly #wish: SyncWish;
  readonly #client: PortalClient;
  readonly #state: RemoteState;
  readonly #results = new Map<Planned, { result: Result; failure: Failure | null }>();
  readonly #sent = new Map<string, Planned>();
  #stopped: Failure | null = null;

  constructor(deps: SyncRunDeps, wish: SyncWish, client: PortalClient) {
    this.#deps = deps;
    this.#wish = wish;
    this.#client = client;
    const { store, outbox, clock } = deps;
    this.#state = new RemoteState({ remoteUuid: wish.remoteUuid, client, store, outbox, clock });
  }

  /** Reads the remote once and says what would be done. @throws Failure */
  async look(signal: AbortSignal): Promise<Plan> {
    const { remoteUuid } = this.#wish;
    const { store, desk, remotes } = this.#deps;
    await this.#state.read(signal);
    const { locals, others, isDefaultElsewhere } = desk.look(remoteUuid);
    return planSync({
      records: this.#state.records,
      unreadable: this.#state.unreadable,
      bases: readBases(store.read, remoteUuid),
      locals,
      others,
      isDefaultElsewhere,
      defaultBase: remotes.stored(remoteUuid).defaultId,
      takesSecrets: this.#client.takesSecrets,
    });
  }

  /** @throws Failure where nothing could be read; later trouble stands in the report */
  async *run(signal: AbortSignal): AsyncGenerator<SyncProgress, SyncReport> {
    const before = this.#client.requests;
    const plan = await this.look(signal);
    const stale = new Map(plan.entries.map((entry) => [entry, this.#wish.isStale(entry)]));
    const decided = decide(plan, this.#wish.choices).map((each) =>
      this.#checked(each, stale.get(each.entry) ?? null),
    );
    if (this.#wish.dryRun) {
      for (const { entry, step } of decided) this.#set(entry, plannedResult(step));
      return this.#report(decided, before);
    }
    this.#drop(plan);
    const total = decided.filter(
      ({ entry, step }) => isWork(step) || this.#goesUp(entry, step),
    ).length;
    let done = 0;
    for await (const entry of this.#work(decided, signal)) {
      done += 1;
      yield { done, total, clusterId: entry.clusterId };
    }
    await this.#readBack(signal);
    this.#conclude(plan);
    return this.#report(decided, before);
  }

  /** An entry that changed since it was looked at, or that needs a look, waits. */
  #checked({ entry, step }: Decided, stale: string | null): Decided {
    const unseen = this.#wish.isUnattended ? needsLook(entry, step) : null;
    const reason = (isWork(step) ? stale : null) ?? unseen;
    if (reason === null) return { entry, step };
    entry.reasons.push(reason);
    return { entry, step: { kind: 'wait' } };
  }

  /** Nothing is left to say about clusters that are gone on both sides. */
  #drop({ spent }: Plan): void {
    if (spent.length === 0) return;
    const { remoteUuid } = this.#wish;
    this.#deps.store.mutate((tx) => {
      for (const { clusterUuid } of spent) deleteBase(tx.db, remoteUuid, clusterUuid);
    });
  }

  async *#work(decided: Decided[], signal: AbortSignal): AsyncGenerator<Planned> {
    for (const { entry, step } of decided) {
      if (step.kind === 'skip') this.#set(entry, 'skipped');
      else if (step.kind === 'wait') this.#set(entry, 'waits');
      else this.#set(entry, 'same');
    }
    const down = decided.filter((each) => comesDown(each));
    for (let from = 0; from < down.length; from += CHUNK) {
      const chunk = down.slice(from, from + CHUNK);
      this.#pull(chunk);
      await setImmediate();
      for (const { entry, step } of chunk)
        if (isWork(step) && !this.#goesUp(entry, step)) yield entry;
    }
    for (const { entry, step } of decided.toSorted(byRisk)) {
      if (!this.#goesUp(entry, step) || this.#of(entry) === 'waits') continue;
      if (this.#of(entry) !== 'failed') await this.#push(entry, step, signal);
      yield entry;
    }
  }

  #pull(chunk: readonly Decided[]): void {
    const { remoteUuid } = this.#wish;
    const { clusters, secrets, clock } = this.#deps;
    const pulls = new Pulls({ remoteUuid, secrets, clock });
    clusters.together((edit) => {
      for (const { entry, step } of chunk) {
        const pulled = this.#pullOne(pulls, edit, entry, step);
        if (pulled === null) continue;
        if (pulled.result === 'waits') entry.reasons.push(CHANGED_HERE);
        if (pulled.result === 'done' && pulled.note !== undefined) entry.reasons.push(pulled.note);
        // what also goes up is done once it is read back
        const isSilent = pulled.result === 'done' && (!isWork(step) || this.#goesUp(entry, step));
        if (!isSilent)
          this.#set(entry, pulled.result, pulled.result === 'failed' ? pulled.failure : null);
      }
    });
  }

  #pullOne(pulls: Pulls, edit: Edit, entry: Planned, step: Step): Pulled | null {
    switch (step.kind) {
      case 'merge':
        return pulls.merge(edit, entry, step.pull);
      case 'createHere':
        return pulls.create(edit, entry, step.asDefault);
      case 'deleteHere':
        return pulls.remove(edit, entry);
      case 'nothing':
      case 'wait':
        return pulls.merge(edit, entry, []);
      default:
        return null;
    }
  }

  async #push(entry: Planned, step: Step, signal: AbortSignal): Promise<void> {
    if (this.#stopped !== null) return this.#set(entry, 'failed', this.#stopped);
    const { remoteUuid } = this.#wish;
    const { store, outbox, desk, secrets } = this.#deps;
    const deps = {
      remoteUuid,
      client: this.#client,
      state: this.#state,
      store,
      outbox,
      desk,
      secrets,
    };
    const mayGo = this.#maySendSecret(entry);
    const whole: Step = step.kind === 'nothing' ? { kind: 'merge', push: [], pull: [] } : step;
    const pushed: Pushed = await new Pushes(deps).push(entry, whole, mayGo, signal);
    if ('ends' in pushed) this.#close(pushed.ends);
    switch (pushed.result) {
      case 'sent':
        this.#sent.set(pushed.clusterUuid, entry);
        return;
      case 'waits':
        entry.reasons.push(pushed.reason);
        return this.#set(entry, 'waits');
      case 'failed':
        // an unknown end is looked into first
        if (endsTheSync(pushed.failure) && pushed.failure.data.outcome !== 'unknown') {
          this.#stopped = pushed.failure;
        }
        if (entry.local !== null) this.#sent.set(entry.local.uuid, entry);
        else if (entry.base !== null) this.#sent.set(entry.base.clusterUuid, entry);
        return this.#set(entry, 'failed', pushed.failure);
      case 'done':
        return this.#set(entry, 'done');
    }
  }

  /** Success is what was read, not what was answered. */
  async #readBack(signal: AbortSignal): Promise<void> {
    const { remoteUuid } = this.#wish;
    if (this.#deps.outbox.uncertain(remoteUuid).length === 0) return;
    try {
      this.#close(await this.#state.read(signal));
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      this.#stopped ??= error;
    }
    for (const entry of this.#sent.values()) {
      if (this.#of(entry) !== 'same') continue;
      const remedy = 'Sync again; the remote is asked before anything is sent.';
      const unread = fail('BAD_RESPONSE', { remedy, cluster: entry.clusterId });
      this.#set(entry, 'failed', this.#stopped ?? unread);
    }
  }

  #close(ends: Ends): void {
    for (const [clusterUuid, end] of ends) {
      const entry = this.#sent.get(clusterUuid);
      if (entry === undefined) continue;
      const failure = endFailure(end, entry.clusterId);
      // a refusal that was given stays told; one that turned out to be done is done
      if (failure === null) this.#set(entry, 'done');
      else if (this.#of(entry) !== 'failed') this.#set(entry, 'failed', failure);
    }
  }

  /** Notes how it went, and whom both sides have as the default now. */
  #conclude(plan: Plan): void {
    const { remoteUuid } = this.#wish;
    const { store, remotes, clock } = this.#deps;
    const failure = this.#stopped?.view() ?? null;
    const agreedOn = this.#hasWorked() ? this.#defaultNow() : defaultOf(plan);
    store.mutate((tx) => {
      const synced = failure === null ? { lastSyncAt: clock.now() } : {};
      remotes.note(tx, remoteUuid, { ...synced, ...agreedOn, lastFailure: failure });
      this.#audit(tx);
    });
  }

  #hasWorked(): boolean {
    return [...this.#results.values()].some(
      ({ result }) => result === 'done' || result === 'failed',
    );
  }

  #defaultNow(): { defaultId?: string | null } {
    const { remoteUuid } = this.#wish;
    const { store, desk } = this.#deps;
    const { locals, isDefaultElsewhere } = desk.look(remoteUuid);
    if (isDefaultElsewhere || this.#state.unreadable.some(({ isDefault }) => isDefault)) return {};
    const mine = locals.find(({ isDefault }) => isDefault);
    const bases = readBases(store.read, remoteUuid);
    const mineId = bases.find(({ clusterUuid }) => clusterUuid === mine?.uuid)?.id ?? null;
    const theirsId = this.#state.records.find(({ isDefault }) => isDefault)?.id ?? null;
    const isAgreed = mineId === theirsId && (mine === undefined || mineId !== null);
    return isAgreed ? { defaultId: theirsId } : {};
  }

  #audit(tx: Transaction): void {
    const worked = [...this.#results].filter(([, { result }]) =>
      ['done', 'failed'].includes(result),
    );
    if (worked.length === 0) return;
    const named = worked.map(([{ clusterId, verdict }, { result }]) => [
      clusterId,
      result === 'done' ? verdict : 'failed',
    ]);
    const { name } = this.#deps.remotes.stored(this.#wish.remoteUuid);
    const result = worked.some(([, each]) => each.result === 'failed') ? 'failed' : 'ok';
    tx.audit({ action: 'sync.run', subject: name, after: Object.fromEntries(named), result });
  }

  #goesUp(entry: Planned, step: Step): boolean {
    if (step.kind === 'createThere' || step.kind === 'deleteThere') return true;
    if (step.kind !== 'merge' && step.kind !== 'nothing') return false;
    return this.#maySendSecret(entry) || (step.kind === 'merge' && step.push.length > 0);
  }

  /** Whoever allowed it may not have known that the remote keeps none. */
  #maySendSecret({ clusterId }: Planned): boolean {
    return this.#client.takesSecrets && this.#wish.sendSecrets.has(clusterId);
  }

  #of(entry: Planned): Result | undefined {
    return this.#results.get(entry)?.result;
  }

  #set(entry: Planned, result: Result, failure: Failure | null = null): void {
    this.#results.set(entry, { result, failure });
  }

  #report(decided: readonly Decided[], requestsBefore: number): SyncReport {
    const entries = decided.map(({ entry }): ReportEntry => {
      const { result, failure } = this.#results.get(entry) ?? { result: 'same', failure: null };
      return { ...shownEntry(entry), result, failure: failure?.view() ?? null };
    });
    const { remoteUuid, dryRun } = this.#wish;
    const isWell = entries.every(({ result }) => result !== 'failed' && result !== 'waits');
    return {
      remoteUuid,
      dryRun,
      ok: this.#stopped === null && isWell,
      message: this.#stopped?.message ?? messageOf(entries),
      requests: this.#client.requests - requestsBefore,
      entries,
    };
  }
}

const defaultOf = ({ default: { outcome, theirs } }: Plan): { defaultId?: string | null } =>
  outcome === 'same' ? { defaultId: theirs } : {};

const isWork = ({ kind }: Step) => !['nothing', 'skip', 'wait'].includes(kind);

/** Changes of the store: fields and clusters that come, and what both sides turn out to agree on. */
function comesDown({ entry, step }: Decided): boolean {
  if (step.kind === 'createHere' || step.kind === 'deleteHere') return true;
  if (step.kind === 'merge' && step.pull.length > 0) return true;
  if (step.kind === 'skip') return false;
  const { local, record, base } = entry;
  if (local === null || record === null) return false;
  const values = agreed(base?.values ?? null, local.values, record.values);
  return (
    values !== base?.values ||
    base.clusterUuid !== local.uuid ||
    base.id !== record.id ||
    base.number !== record.number ||
    base.createdThere !== record.createdThere
  );
}

/** First what is made, last what is deleted: so a remote never has to refuse its last cluster. */
function byRisk(a: Decided, b: Decided): number {
  const rank = ({ step }: Decided) =>
    step.kind === 'createThere' ? 0 : step.kind === 'deleteThere' ? 2 : 1;
  return rank(a) - rank(b);
}

function plannedResult(step: Step): Result {
  if (step.kind === 'skip') return 'skipped';
  if (step.kind === 'wait') return 'waits';
  return step.kind === 'nothing' ? 'same' : 'planned';
}

function messageOf(entries: readonly ReportEntry[]): string {
  const count = (result: Result) => entries.filter((entry) => entry.result === result).length;
  const told = [
    [count('done'), 'synced'],
    [count('planned'), 'to be synced'],
    [count('waits'), 'waiting'],
    [count('failed'), 'failed'],
    [count('skipped'), 'left out'],
  ] as const;
  const parts = told.filter(([number]) => number > 0).map(([number, what]) => `${number} ${what}`);
  return parts.length === 0 ? 'Both sides are the same.' : `${parts.join(', ')}.`;
}
