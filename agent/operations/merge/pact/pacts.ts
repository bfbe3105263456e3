import type { MergeCard } from '#shared/contract/agent/merge';
import { isOver } from '#shared/contract/agent/operations';
import { fail } from '#shared/contract/errors';
import { Followed } from '../../../facts/followed';
import type { PeerCaller } from '../../../membership/peer-types';
import type { Clock, Logger } from '../../../ports';
import type { State } from '../../../state/types';
import { Journal } from '../../engine/journal';
import { lockedBy } from '../lock-record';
import { PACT_MS, PACTS, type PactRecord, pactRecord } from './record';

/** A stranger makes this node ask the shared state at most this often. */
const ASK_MS = 1_000;
const ASK_DEADLINE_MS = 2_000;
/** A merge can be rolled back for a day after its end, and its last call comes shortly before that. */
const USED_MS = PACT_MS + 3_600_000;
/** Using it is written down at this pace. */
const NOTE_MS = 3_600_000;

interface Deps {
  state: State;
  clock: Clock;
  logger: Logger;
  /** told when one was made or ended, by whichever node */
  onChange?(): void;
}

/** A node of another cluster that a pact lets in, for what a merge needs of this one. */
export interface Guest extends PeerCaller {
  /** uuid of its cluster */
  guestOf: string;
}

/** The other clusters that an admin of both let take part in a merge with this one. */
export class Pacts {
  readonly #deps: Deps;
  readonly #journal: Journal;
  readonly #followed: Followed<PactRecord>;
  readonly #ends = new AbortController();
  #askedAt = Number.NEGATIVE_INFINITY;

  constructor(deps: Deps) {
    this.#deps = deps;
    this.#journal = new Journal(deps.state);
    this.#followed = new Followed(deps, PACTS, pactRecord, () => deps.onChange?.());
  }

  /** Needs the shared state. */
  start(): void {
    void this.#followed.follow(this.#ends.signal);
  }

  close(): void {
    this.#ends.abort();
  }

  /**
   * Makes it, or makes it anew with a newer card.
   * @param by name of the token or user
   * @throws Failure of the state
   */
  async make(card: MergeCard, by: string): Promise<PactRecord> {
    const { state, clock } = this.#deps;
    const madeAt = clock.now();
    const record: PactRecord = { card, by, madeAt, until: madeAt + PACT_MS };
    await state.commit([], [{ key: PACTS + card.cluster.uuid, put: record }]);
    this.#followed.values.set(card.cluster.uuid, record);
    return record;
  }

  /** Null where there is none, or where it has ended. @throws Failure of the state */
  async get(uuid: string): Promise<PactRecord | null> {
    const entry = await this.#deps.state.get(PACTS + uuid);
    const parsed = pactRecord.safeParse(entry?.value);
    if (!parsed.success) return null;
    return (await this.#holds(parsed.data)) ? parsed.data : null;
  }

  /** As this node last heard of them. */
  known(): PactRecord[] {
    const now = this.#deps.clock.now();
    return [...this.#followed.values.values()].filter(({ until }) => until > now);
  }

  /** Ends it; also where there is none. @throws Failure of the state */
  async drop(uuid: string): Promise<void> {
    await this.#deps.state.commit([], [{ key: PACTS + uuid, delete: true }]);
    this.#followed.values.delete(uuid);
  }

  /**
   * Takes the permission back.
   * @throws Failure NOT_FOUND, REVISION_CHANGED while a merge rests on it, of the state
   */
  async revoke(uuid: string): Promise<PactRecord> {
    const entry = await this.#deps.state.get(PACTS + uuid);
    const parsed = pactRecord.safeParse(entry?.value);
    if (!parsed.success) throw noPact();
    if (await this.#isUsed(uuid)) throw inUse(parsed.data.card.cluster.name);
    await this.drop(uuid);
    return parsed.data;
  }

  /**
   * Who of another cluster has this certificate; null: nobody that a pact lets in. A pact that was
   * made a moment ago at another node is asked for.
   */
  async guest(fingerprint: string): Promise<Guest | null> {
    const known = await this.#find(fingerprint);
    const now = this.#deps.clock.monotonic();
    if (known !== null || now - this.#askedAt < ASK_MS) return known;
    this.#askedAt = now;
    await this.#read();
    return this.#find(fingerprint);
  }

  /** A merge rests on it: it holds for another day. What cannot be noted now is noted later. */
  async used(uuid: string): Promise<void> {
    const { state, clock, logger } = this.#deps;
    const until = clock.now() + USED_MS;
    const known = this.#followed.values.get(uuid);
    if (known === undefined || until - known.until < NOTE_MS) return;
    try {
      const entry = await state.get(PACTS + uuid);
      const parsed = pactRecord.safeParse(entry?.value);
      if (entry === null || !parsed.success) return;
      const { key, modRevision } = entry;
      const record = { ...parsed.data, until };
      const isSame = { key, is: 'unchangedSince', modRevision } as const;
      if ((await state.commit([isSame], [{ key, put: record }])) === null) return;
      this.#followed.values.set(uuid, record);
    } catch (error) {
      logger.info({ error, pact: uuid }, 'That a pact is used could not be noted');
    }
  }

  async #find(fingerprint: string): Promise<Guest | null> {
    for (const record of this.#followed.values.values()) {
      const node = record.card.nodes.find((one) => one.fingerprint === fingerprint);
      if (node === undefined || !(await this.#holds(record))) continue;
      const { id, name } = node;
      return { id, name, fingerprint, guestOf: record.card.cluster.uuid };
    }
    return null;
  }

  async #read(): Promise<void> {
    const signal = AbortSignal.timeout(ASK_DEADLINE_MS);
    const entries = await this.#deps.state
      .list(PACTS, { stale: true, signal })
      .catch(() => undefined);
    for (const { value } of entries ?? []) {
      const parsed = pactRecord.safeParse(value);
      if (parsed.success) this.#followed.values.set(parsed.data.card.cluster.uuid, parsed.data);
    }
  }

  async #holds({ card, until }: PactRecord): Promise<boolean> {
    if (until > this.#deps.clock.now()) return true;
    // where it cannot be looked up whether it is used, it has ended
    return this.#isUsed(card.cluster.uuid).catch(() => false);
  }

  /** Whether a merge with that cluster is under way or can still be rolled back. */
  async #isUsed(uuid: string): Promise<boolean> {
    const { state, clock } = this.#deps;
    const now = clock.now();
    if ((await lockedBy(state))?.by.uuid === uuid) return true;
    return (await this.#journal.list()).some((operation) => {
      const { kind, params, rollback_until: until } = operation;
      if (kind !== 'merge' || uuidIn(params['losing']) !== uuid) return false;
      return !isOver(operation) || (until !== null && until > now);
    });
  }
}

const uuidIn = (value: unknown): unknown =>
  typeof value === 'object' && value !== null && 'uuid' in value ? value.uuid : undefined;

const noPact = () =>
  fail('NOT_FOUND', { remedy: 'Nothing needs to be done.' }, 'There is no pact with that cluster.');

const inUse = (name: string) =>
  fail(
    'REVISION_CHANGED',
    { remedy: 'Finish the merge, or commit it, first.' },
    `A merge with ${name} rests on this pact.`,
  );
