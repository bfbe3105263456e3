import { Failure, fail } from '#shared/contract/errors';
import { LOCK, lockRecord } from '../operations/merge/lock-record';
import type { Clock, Logger } from '../ports';
import type { Change, Condition, Entry, State, Write } from '../state/types';
import type { Admission } from './doorkeeper';
import {
  type ClusterRecord,
  clusterRecord,
  type MemberRecord,
  memberRecord,
  nameRecord,
} from './records';

const MEMBERS = 'members/';
const memberKey = (id: string) => `${MEMBERS}${id}`;
const nameKey = (name: string) => `names/${name}`;
/** A lost race is run again, with what the winner wrote. */
const ATTEMPTS = 5;
const RETRY_MS = { first: 250, most: 5_000 };
/** A stranger makes this node ask the shared state at most this often. */
const ASK_MS = 1_000;

export interface RegistryPorts {
  state: State;
  clock: Clock;
  logger: Logger;
}

/** The authenticated members, as the shared state keeps them; a watched copy stands in memory. */
export class Registry {
  readonly #ports: RegistryPorts;
  readonly #listeners = new Set<() => void>();
  readonly #closed = new AbortController();
  #records = new Map<string, MemberRecord>();
  #askedAt = Number.NEGATIVE_INFINITY;
  #read = false;

  /** @param known what this node remembers, until the shared state answers */
  constructor(ports: RegistryPorts, known: readonly MemberRecord[]) {
    this.#ports = ports;
    this.#records = new Map(known.map((record) => [record.id, record]));
  }

  records(): ReadonlyMap<string, MemberRecord> {
    return this.#records;
  }

  /** whether the shared state was read at least once */
  isRead(): boolean {
    return this.#read;
  }

  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Goes on until `close`, whatever the shared state does. */
  async follow(): Promise<void> {
    const { state, clock, logger } = this.#ports;
    const { signal } = this.#closed;
    let pause = RETRY_MS.first;
    while (!signal.aborted) {
      try {
        const revision = await this.#load();
        pause = RETRY_MS.first;
        for await (const changes of state.watch(MEMBERS, revision, signal)) this.#apply(changes);
      } catch (error) {
        if (!signal.aborted) logger.debug({ err: error }, 'The members cannot be watched now.');
      }
      await clock.sleep(pause, signal).catch(() => undefined);
      pause = Math.min(pause * 2, RETRY_MS.most);
    }
  }

  /** Who has this certificate; a newcomer may be in the shared state and not in the copy yet. */
  async byFingerprint(fingerprint: string): Promise<MemberRecord | null> {
    const known = this.#find(fingerprint);
    const now = this.#ports.clock.monotonic();
    if (known !== null || now - this.#askedAt < ASK_MS) return known;
    this.#askedAt = now;
    await this.#load().catch(() => undefined);
    return this.#find(fingerprint);
  }

  /**
   * Takes a node up, or brings its record up to date, unless its name or id belongs to another.
   * @throws Failure of the shared state
   */
  async admit(wanted: Omit<MemberRecord, 'joinedAt'>): Promise<Admission> {
    const { state, clock } = this.#ports;
    for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
      const [nameEntry, entry, lock] = await Promise.all([
        state.get(nameKey(wanted.name)),
        state.get(memberKey(wanted.id)),
        state.get(LOCK),
      ]);
      const holder = nameRecord.safeParse(nameEntry?.value);
      if (holder.success && holder.data.id !== wanted.id) {
        return { ok: false, why: 'name-used', by: holder.data.id };
      }
      const present = memberRecord.safeParse(entry?.value);
      const before = present.success ? present.data : null;
      if (before !== null && before.fingerprint !== wanted.fingerprint) {
        return { ok: false, why: 'identity-used', by: before.name };
      }
      const hold = lockRecord.safeParse(lock?.value).data ?? null;
      if (before === null && hold !== null && !hold.allows.includes(wanted.id)) {
        return { ok: false, why: 'held', by: hold.by.name };
      }
      const joinedAt = before?.joinedAt ?? Math.floor(clock.now() / 1000);
      const record: MemberRecord = { ...wanted, joinedAt };
      if (before !== null && holder.success && isSame(before, record)) return { ok: true, record };
      const writes: Write[] = [
        { key: memberKey(record.id), put: record },
        { key: nameKey(record.name), put: { id: record.id } },
      ];
      if (before !== null && before.name !== record.name) {
        writes.push({ key: nameKey(before.name), delete: true });
      }
      const conditions = [
        unchanged(nameKey(record.name), nameEntry),
        unchanged(memberKey(record.id), entry),
        unchanged(LOCK, lock),
      ];
      if ((await state.commit(conditions, writes)) === null) continue;
      this.#set(record);
      return { ok: true, record };
    }
    throw busy();
  }

  /** Its name is free afterwards. @throws Failure of the shared state */
  async remove(id: string): Promise<void> {
    const { state } = this.#ports;
    for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
      const entry = await state.get(memberKey(id));
      const present = memberRecord.safeParse(entry?.value);
      if (entry === null) return;
      const writes: Write[] = [{ key: entry.key, delete: true }];
      if (present.success) writes.push({ key: nameKey(present.data.name), delete: true });
      if ((await state.commit([unchanged(entry.key, entry)], writes)) !== null) return;
    }
    throw busy();
  }

  /** Writes the cluster's own record where there is none. @returns what stands there */
  async settleCluster(own: ClusterRecord): Promise<ClusterRecord> {
    const { state } = this.#ports;
    const present = await state.get('cluster');
    const parsed = clusterRecord.safeParse(present?.value);
    if (parsed.success) return parsed.data;
    const written = await state.commit(
      [unchanged('cluster', present)],
      [{ key: 'cluster', put: own }],
    );
    return written === null ? this.settleCluster(own) : own;
  }

  close(): void {
    this.#closed.abort();
  }

  /** @returns the revision from which a watch misses nothing */
  async #load(): Promise<number> {
    const { state } = this.#ports;
    const revision = await state.revision();
    const entries = await state.list(MEMBERS);
    const records = entries.map((entry) => this.#parse(entry)).filter((record) => record !== null);
    this.#records = new Map(records.map((record) => [record.id, record]));
    this.#read = true;
    this.#tell();
    return revision;
  }

  #apply(changes: readonly Change[]): void {
    for (const { key, entry } of changes) {
      const record = entry === null ? null : this.#parse(entry);
      if (record === null) this.#records.delete(key.slice(MEMBERS.length));
      else this.#records.set(record.id, record);
    }
    this.#tell();
  }

  /** A row that cannot be read, or that lies about its key, counts alone as nobody. */
  #parse(entry: Entry): MemberRecord | null {
    const parsed = memberRecord.safeParse(entry.value);
    if (parsed.success && memberKey(parsed.data.id) === entry.key) return parsed.data;
    this.#ports.logger.warn({ key: entry.key }, 'The shared state has a member nobody can read.');
    return null;
  }

  #find(fingerprint: string): MemberRecord | null {
    return [...this.#records.values()].find((one) => one.fingerprint === fingerprint) ?? null;
  }

  #set(record: MemberRecord): void {
    this.#records.set(record.id, record);
    this.#tell();
  }

  #tell(): void {
    for (const listener of this.#listeners) listener();
  }
}

const unchanged = (key: string, entry: Entry | null): Condition =>
  entry === null
    ? { key, is: 'absent' }
    : { key, is: 'unchangedSince', modRevision: entry.modRevision };

/** Both come from one schema, which fixes the order of keys. */
const isSame = (a: MemberRecord, b: MemberRecord) =>
  JSON.stringify(memberRecord.parse(a)) === JSON.stringify(memberRecord.parse(b));

const busy = (): Failure =>
  fail('REVISION_CHANGED', { remedy: 'Too many nodes change at once; it is tried again.' });
