import {
  type AgentOperation,
  agentOperation,
  isOver,
  type OperationWish,
} from '#shared/contract/agent/operations';
import { Failure, fail } from '#shared/contract/errors';
import type { Condition, State } from '../../state/types';

const LIST = 'operations/list/';
/** names the one operation that is not over; it exists as long as there is one */
const ACTIVE = 'operations/active';
const WISH = 'operations/wish/';

/** The lead under which is written: a key that lives no longer than the lead does. */
export interface Lead {
  key: string;
  epoch: number;
}

/** The lead is somebody else's now: whoever meets this stops and writes nothing more. */
export class LeadLost extends Error {}

/**
 * Operations in the cluster's shared state. Every write of the coordinator holds only while it leads
 * and nobody wrote in between, so that of two that believe to lead one is refused.
 */
export class Journal {
  readonly #state: Pick<State, 'get' | 'list' | 'commit' | 'watch' | 'revision'>;

  constructor(state: Pick<State, 'get' | 'list' | 'commit' | 'watch' | 'revision'>) {
    this.#state = state;
  }

  /**
   * Begins an operation, unless one is under way.
   * @throws Failure REVISION_CHANGED where another one is under way
   */
  async begin(operation: AgentOperation): Promise<void> {
    const key = LIST + operation.id;
    const done = await this.#state.commit(
      [
        { key: ACTIVE, is: 'absent' },
        { key, is: 'absent' },
      ],
      [
        { key: ACTIVE, put: operation.id },
        { key, put: operation },
      ],
    );
    if (done !== null) return;
    const remedy = 'Wait for its end, or abort it first.';
    throw fail('REVISION_CHANGED', { remedy }, 'Another operation is under way in this cluster.');
  }

  /** Takes up one that had ended, to be rolled back. @throws Failure REVISION_CHANGED */
  async reopen(operation: AgentOperation): Promise<void> {
    const key = LIST + operation.id;
    const entry = await this.#state.get(key);
    const before = agentOperation.parse(entry?.value);
    const again = { ...operation, serial: before.serial + 1 };
    const done =
      before.serial === operation.serial
        ? await this.#state.commit(
            [
              { key: ACTIVE, is: 'absent' },
              { key, is: 'unchangedSince', modRevision: entry?.modRevision ?? 0 },
            ],
            [
              { key: ACTIVE, put: operation.id },
              { key, put: again },
            ],
          )
        : null;
    if (done !== null) return;
    const remedy = 'Look at what is under way, then ask again.';
    throw fail('REVISION_CHANGED', { remedy }, 'Another operation is under way in this cluster.');
  }

  /** The operation that is under way; null where none is. */
  async active(): Promise<AgentOperation | null> {
    const entry = await this.#state.get(ACTIVE);
    return typeof entry?.value === 'string' ? this.get(entry.value) : null;
  }

  async get(id: string): Promise<AgentOperation | null> {
    const entry = await this.#state.get(LIST + id);
    return entry === null ? null : agentOperation.parse(entry.value);
  }

  /** Newest first. */
  async list(): Promise<AgentOperation[]> {
    const entries = await this.#state.list(LIST);
    return entries
      .flatMap(({ value }) => agentOperation.safeParse(value).data ?? [])
      .toSorted((a, b) => b.created_at - a.created_at);
  }

  /**
   * Writes the next state of an operation.
   * @returns what stands there now
   * @throws LeadLost; Failure of the state, after which nobody knows and the caller looks
   */
  async write(next: AgentOperation, lead: Lead): Promise<AgentOperation> {
    const key = LIST + next.id;
    const entry = await this.#state.get(key);
    const before = agentOperation.parse(entry?.value);
    const written = { ...next, serial: before.serial + 1, epoch: lead.epoch };
    if (before.epoch > lead.epoch || before.serial !== next.serial) throw new LeadLost();
    const conditions: Condition[] = [
      { key: lead.key, is: 'createdAt', createRevision: lead.epoch },
      { key, is: 'unchangedSince', modRevision: entry?.modRevision ?? 0 },
    ];
    const writes = [{ key, put: written }];
    const ends = isOver(written)
      ? [
          { key: ACTIVE, delete: true as const },
          { key: WISH + next.id, delete: true as const },
        ]
      : [];
    try {
      if ((await this.#state.commit(conditions, [...writes, ...ends])) === null) {
        throw new LeadLost();
      }
    } catch (error) {
      if (!(error instanceof Failure) || error.data.outcome !== 'unknown') throw error;
      const now = await this.get(next.id);
      if (now?.serial !== written.serial || now.epoch !== lead.epoch) throw error;
    }
    return written;
  }

  /** Asks the coordinator for something; it is carried out between two steps. */
  async ask(id: string, wish: OperationWish): Promise<void> {
    await this.#state.commit([], [{ key: WISH + id, put: wish }]);
  }

  async wish(id: string): Promise<{ wish: unknown; modRevision: number } | null> {
    const entry = await this.#state.get(WISH + id);
    return entry === null ? null : { wish: entry.value, modRevision: entry.modRevision };
  }

  /** Takes a wish away that was carried out, unless another one has come. */
  async granted(id: string, modRevision: number): Promise<void> {
    const key = WISH + id;
    await this.#state.commit([{ key, is: 'unchangedSince', modRevision }], [{ key, delete: true }]);
  }

  /** Ends with the next change of anything that concerns operations. */
  async change(after: number, signal: AbortSignal): Promise<void> {
    for await (const changes of this.#state.watch('operations/', after, signal)) {
      if (changes.length > 0) return;
    }
  }

  revision(): Promise<number> {
    return this.#state.revision();
  }
}
