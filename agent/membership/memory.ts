import type { Clock, Logger } from '../ports';
import { readMembershipFile, writeMembershipFile } from './file';
import { fileNote } from './notes';
import type { MemberRecord, MembershipFile } from './records';
import type { Troubles } from './troubles';

/** How old the remembered `lastSeen` may get on the disk. */
const SAVE_MS = 60_000;

export interface MemoryPorts {
  path: string;
  clock: Clock;
  logger: Logger;
  troubles: Troubles;
}

/** What this node remembers of its cluster, in memory and in its membership file. */
export class Memory {
  readonly #ports: MemoryPorts;
  readonly #lastSeen = new Map<string, number>();
  #file: MembershipFile | null = null;
  #saving: Promise<void> = Promise.resolve();
  #savedAt = 0;

  constructor(ports: MemoryPorts) {
    this.#ports = ports;
  }

  /** null: it belongs to no cluster yet */
  get file(): MembershipFile | null {
    return this.#file;
  }

  /** unix seconds by id */
  get lastSeen(): ReadonlyMap<string, number> {
    return this.#lastSeen;
  }

  /** @throws Failure STORE_BROKEN */
  async load(): Promise<MembershipFile | null> {
    const file = await readMembershipFile(this.#ports.path);
    for (const { id, lastSeen } of file?.members ?? []) this.#lastSeen.set(id, lastSeen);
    return file;
  }

  /** What was loaded is this cluster's. */
  take(file: MembershipFile): void {
    this.#file = file;
  }

  /** On the disk before anything is done with it. @throws Failure STORE_FULL | PERMISSION_DENIED */
  async found(file: Omit<MembershipFile, 'version' | 'members'>, members: readonly MemberRecord[]) {
    const whole: MembershipFile = { version: 1, ...file, members: this.#withTimes(members) };
    await writeMembershipFile(this.#ports.path, whole);
    this.#file = whole;
  }

  see(ids: Iterable<string>): void {
    const now = Math.floor(this.#ports.clock.now() / 1000);
    for (const id of ids) this.#lastSeen.set(id, now);
  }

  /** Writes what is known now, one write at a time. A full disk is told and changes nothing else. */
  save(patch: Partial<MembershipFile>, records: ReadonlyMap<string, MemberRecord>): Promise<void> {
    const { path, clock, logger, troubles } = this.#ports;
    if (this.#file === null) return this.#saving;
    const members = records.size > 0 ? [...records.values()] : this.#file.members;
    this.#file = { ...this.#file, ...patch, members: this.#withTimes(members) };
    this.#savedAt = clock.monotonic();
    this.#saving = this.#saving.then(async () => {
      try {
        if (this.#file !== null) await writeMembershipFile(path, this.#file);
        troubles.set('file', null);
      } catch (error) {
        logger.warn({ err: error }, 'The membership cannot be saved.');
        troubles.set('file', fileNote(path, error));
      }
    });
    return this.#saving;
  }

  /** whether the times on the disk are old */
  isDue(): boolean {
    return this.#ports.clock.monotonic() - this.#savedAt >= SAVE_MS;
  }

  /** Settles when nothing is being written any more. */
  async flushed(): Promise<void> {
    await this.#saving;
  }

  #withTimes(members: readonly MemberRecord[]): MembershipFile['members'] {
    return members.map((record) => ({ ...record, lastSeen: this.#lastSeen.get(record.id) ?? 0 }));
  }
}
