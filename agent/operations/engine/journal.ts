import {
  type AgentOperation,
  agentOperation,
  isOver,
  type OperationLogLine,
  type OperationPlan,
  operationPlan,
} from '#shared/contract/agent/operations';
import { Failure, fail } from '#shared/contract/errors';
import type { Condition, State } from '../../state/types';
import { LOCK } from '../merge/lock-record';
import { folderOf, linesOf, type OperationLog } from './log';
import { type AskedWish, askedWish } from './wishes';

/** every operation, by id */
export const OPERATIONS = 'operations/list/';
/** names the one operation that is not over; it exists as long as there is one */
export const ACTIVE = 'operations/active';
const WISH = 'operations/wish/';
/** the plan as it was approved, by operation */
const APPROVED = 'operations/approved/';
/** names each operation of which something is to be tidied up after its end */
const UNTIDY = 'operations/untidy/';
const KEPT = 100;
const LOG_LINES = 500;

/** The lead under which is written: a key that lives no longer than the lead does. */
export interface Lead {
  key: string;
  epoch: number;
}

/** Holds as long as nobody else leads. */
export const whileLeading = ({ key, epoch }: Lead): Condition => ({
  key,
  is: 'createdAt',
  createRevision: epoch,
});

/** The lead is somebody else's now: whoever meets this stops and writes nothing more. */
export class LeadLost extends Error {}

export type JournalState = Pick<State, 'get' | 'list' | 'commit' | 'watch' | 'revision'>;

/**
 * Operations in the cluster's shared state. Every write of the coordinator holds only while it leads
 * and nobody wrote in between, so that of two that believe to lead one is refused.
 */
export class Journal {
  readonly #state: JournalState;
  /** what this one wrote last: nobody else writes as long as it leads, so that it need not look */
  #own: { id: string; serial: number; epoch: number; modRevision: number } | null = null;

  constructor(state: JournalState) {
    this.#state = state;
  }

  /**
   * Begins an operation, unless one is under way or the cluster is held for a merge.
   * @param tidies whether something is to be tidied up once it is over
   * @throws Failure REVISION_CHANGED where another one is under way
   */
  async begin(operation: AgentOperation, plan: OperationPlan, tidies = false): Promise<void> {
    const key = OPERATIONS + operation.id;
    const done = await this.#state.commit(
      [
        { key: ACTIVE, is: 'absent' },
        { key: LOCK, is: 'absent' },
        { key, is: 'absent' },
      ],
      [
        { key: ACTIVE, put: operation.id },
        { key, put: operation },
        { key: APPROVED + operation.id, put: plan },
        ...(tidies ? [{ key: UNTIDY + operation.id, put: { since: operation.created_at } }] : []),
      ],
    );
    if (done === null) throw another('Wait for its end, or abort it first.');
  }

  /** Takes up one that had ended, to be rolled back. @throws Failure REVISION_CHANGED */
  async reopen(operation: AgentOperation): Promise<void> {
    const conditions: Condition[] = [
      { key: ACTIVE, is: 'absent' },
      { key: LOCK, is: 'absent' },
    ];
    await this.#change(operation, conditions, ACTIVE);
  }

  /** Writes one that is over, and that no coordinator touches. @throws Failure REVISION_CHANGED */
  async amend(operation: AgentOperation): Promise<void> {
    await this.#change(operation, [], null);
  }

  /** The operation that is under way; null where none is. */
  async active(): Promise<AgentOperation | null> {
    const entry = await this.#state.get(ACTIVE);
    return typeof entry?.value === 'string' ? this.get(entry.value) : null;
  }

  async get(id: string): Promise<AgentOperation | null> {
    const entry = await this.#state.get(OPERATIONS + id);
    return entry === null ? null : agentOperation.parse(entry.value);
  }

  /** Newest first. */
  async list(): Promise<AgentOperation[]> {
    const entries = await this.#state.list(OPERATIONS);
    return entries
      .flatMap(({ value }) => agentOperation.safeParse(value).data ?? [])
      .toSorted((a, b) => b.created_at - a.created_at);
  }

  /** The plan that was approved; null where none is kept. */
  async approved(id: string): Promise<OperationPlan | null> {
    const entry = await this.#state.get(APPROVED + id);
    return operationPlan.safeParse(entry?.value).data ?? null;
  }

  /** The last lines, oldest first. */
  async log(id: string): Promise<OperationLogLine[]> {
    return linesOf(await this.#state.list(folderOf(id)), LOG_LINES);
  }

  /**
   * Writes the next state of an operation, and what was said meanwhile.
   * @returns what stands there now
   * @throws LeadLost; Failure of the state, after which nobody knows and the caller looks
   */
  async write(next: AgentOperation, lead: Lead, log?: OperationLog): Promise<AgentOperation> {
    const key = OPERATIONS + next.id;
    const before = await this.#before(next, lead);
    if (before.epoch > lead.epoch || before.serial !== next.serial) throw new LeadLost();
    const written = { ...next, serial: before.serial + 1, epoch: lead.epoch };
    const conditions: Condition[] = [
      whileLeading(lead),
      { key, is: 'unchangedSince', modRevision: before.modRevision },
    ];
    const chunk = log?.next() ?? null;
    const writes = [{ key, put: written }, ...(chunk === null ? [] : [chunk.write])];
    const ends = isOver(written)
      ? [
          { key: ACTIVE, delete: true as const },
          { key: WISH + next.id, delete: true as const },
        ]
      : [];
    this.#own = null;
    try {
      const modRevision = await this.#state.commit(conditions, [...writes, ...ends]);
      if (modRevision === null) throw new LeadLost();
      const { id, serial, epoch } = written;
      this.#own = { id, serial, epoch, modRevision };
    } catch (error) {
      if (!(error instanceof Failure) || error.data.outcome !== 'unknown') throw error;
      const now = await this.get(next.id);
      if (now?.serial !== written.serial || now.epoch !== lead.epoch) throw error;
    }
    if (chunk !== null) log?.kept(chunk);
    return written;
  }

  /** Asks the coordinator for something. */
  async ask(id: string, asked: AskedWish): Promise<void> {
    await this.#state.commit([], [{ key: WISH + id, put: asked }]);
  }

  /** What was asked for last and not yet carried out. */
  async wish(id: string): Promise<(AskedWish & { modRevision: number }) | null> {
    const entry = await this.#state.get(WISH + id);
    const asked = askedWish.safeParse(entry?.value);
    return entry === null || !asked.success
      ? null
      : { ...asked.data, modRevision: entry.modRevision };
  }

  /** Takes a wish away that was carried out, unless another one has come. */
  async granted(id: string, modRevision: number): Promise<void> {
    const key = WISH + id;
    await this.#state.commit([{ key, is: 'unchangedSince', modRevision }], [{ key, delete: true }]);
  }

  /** Ends with the next wish at this operation after a revision. */
  wishChange(id: string, after: number, signal: AbortSignal): Promise<void> {
    return this.#changed(WISH + id, after, signal);
  }

  /** Ends when another operation begins, or the active one ends, after a revision. */
  activeChange(after: number, signal: AbortSignal): Promise<void> {
    return this.#changed(ACTIVE, after, signal);
  }

  /** Ends when any operation has changed after a revision. */
  listChange(after: number, signal: AbortSignal): Promise<void> {
    return this.#changed(OPERATIONS, after, signal);
  }

  /** Operations of which something is to be tidied up after their end. */
  async untidy(): Promise<AgentOperation[]> {
    const entries = await this.#state.list(UNTIDY);
    const found = await Promise.all(
      entries.map(async ({ key }) => {
        const operation = await this.get(key.slice(UNTIDY.length));
        // what nobody remembers is nobody's
        if (operation === null) await this.tidied(key.slice(UNTIDY.length));
        return operation;
      }),
    );
    return found.filter((operation) => operation !== null);
  }

  async tidied(id: string): Promise<void> {
    await this.#state.commit([], [{ key: UNTIDY + id, delete: true }]);
  }

  revision(): Promise<number> {
    return this.#state.revision();
  }

  /** Forgets the oldest that are over, with all that is kept of them. */
  async prune(): Promise<void> {
    const old = (await this.list()).slice(KEPT).filter(isOver);
    for (const { id } of old) {
      await this.#state.commit(
        [],
        [
          { key: OPERATIONS + id, delete: true },
          { key: APPROVED + id, delete: true },
          { key: progressKey(id), delete: true },
          { prefix: folderOf(id), delete: true },
        ],
      );
    }
  }

  async #before({ id, serial }: AgentOperation, { epoch }: Lead) {
    const own = this.#own;
    if (own?.id === id && own.serial === serial && own.epoch === epoch) return own;
    const entry = await this.#state.get(OPERATIONS + id);
    const found = agentOperation.parse(entry?.value);
    return { serial: found.serial, epoch: found.epoch, modRevision: entry?.modRevision ?? 0 };
  }

  async #change(next: AgentOperation, conditions: Condition[], active: string | null) {
    const key = OPERATIONS + next.id;
    const entry = await this.#state.get(key);
    const before = agentOperation.parse(entry?.value);
    const unchanged: Condition = {
      key,
      is: 'unchangedSince',
      modRevision: entry?.modRevision ?? 0,
    };
    const writes = [
      { key, put: { ...next, serial: before.serial + 1 } },
      ...(active === null ? [] : [{ key: active, put: next.id }]),
    ];
    const isSame = before.serial === next.serial;
    const done = isSame ? await this.#state.commit([...conditions, unchanged], writes) : null;
    if (done === null) throw another('Look at what is under way, then ask again.');
  }

  async #changed(prefix: string, after: number, signal: AbortSignal): Promise<void> {
    for await (const changes of this.#state.watch(prefix, after, signal)) {
      if (changes.length > 0) return;
    }
  }
}

/** Where the coordinator tells how far a step is. */
export const progressKey = (id: string): string => `operations/progress/${id}`;

const another = (remedy: string): Failure =>
  fail('REVISION_CHANGED', { remedy }, 'Another operation is under way in this cluster.');
