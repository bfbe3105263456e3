import { randomUUID } from 'node:crypto';
import { asc, eq } from 'drizzle-orm';
import type { Group } from '#shared/contract/clusters';
import { groups } from '../db/schema/index';
import type { Store, Transaction } from '../db/store';
import { Channel } from '../events';
import type { Logger } from '../ports';
import { differences, invalid, notFound } from './rules';

export interface GroupServiceDeps {
  store: Store;
  logger: Logger;
}

type GroupChanges = { [Key in 'name' | 'colour' | 'position']?: Group[Key] | undefined };

/** The groups of the deck, in their order. */
export class GroupService {
  readonly events: Channel<Group[]>;
  readonly #store: Store;
  #groups: readonly Group[];

  constructor({ store, logger }: GroupServiceDeps) {
    this.events = new Channel((error) => logger.error({ error }, 'A group listener failed'));
    this.#store = store;
    this.#groups = store.read.select().from(groups).orderBy(asc(groups.position)).all();
  }

  list(): Group[] {
    return [...this.#groups];
  }

  has(uuid: string): boolean {
    return this.#groups.some((group) => group.uuid === uuid);
  }

  /** @throws Failure INVALID_INPUT when the name is taken */
  create(name: string, colour: string): Group {
    return this.#store.mutate((tx) => {
      this.#checkName(name, null);
      const group = { uuid: randomUUID(), name, colour, position: this.#groups.length };
      tx.db.insert(groups).values(group).run();
      tx.audit({ action: 'group.create', subject: name, target: group.uuid, after: group });
      this.#remember(tx, [...this.#groups, group]);
      return group;
    });
  }

  /** Makes groups within another area's transaction; none of the names is taken. */
  createIn(tx: Transaction, list: readonly Pick<Group, 'name' | 'colour'>[]): Group[] {
    const made = list.map((fields, index) => {
      const group = { uuid: randomUUID(), ...fields, position: this.#groups.length + index };
      tx.db.insert(groups).values(group).run();
      tx.audit({
        action: 'group.create',
        subject: group.name,
        target: group.uuid,
        after: group,
      });
      return group;
    });
    this.#remember(tx, [...this.#groups, ...made]);
    return made;
  }

  /** Removes groups that no cluster is in, within another area's transaction. */
  removeIn(tx: Transaction, uuids: readonly string[]): void {
    const gone = this.#groups.filter(({ uuid }) => uuids.includes(uuid));
    if (gone.length === 0) return;
    for (const before of gone) {
      const { uuid, name } = before;
      tx.db.delete(groups).where(eq(groups.uuid, uuid)).run();
      tx.audit({ action: 'group.remove', subject: name, target: uuid, before });
    }
    const rest = inOrder(this.#groups.filter((group) => !gone.includes(group)));
    this.#write(tx, rest);
    this.#remember(tx, rest);
  }

  /** Puts a removed group back under its uuid and at its place. @throws Failure INVALID_INPUT */
  restore(group: Group): void {
    this.#store.mutate((tx) => {
      this.#checkName(group.name, null);
      tx.db.insert(groups).values(group).run();
      const ordered = inOrder(this.#groups.toSpliced(group.position, 0, group));
      this.#write(tx, ordered);
      tx.audit({ action: 'group.create', subject: group.name, target: group.uuid, after: group });
      this.#remember(tx, ordered);
    });
  }

  /** A new position moves the others along. @throws Failure NOT_FOUND | INVALID_INPUT */
  update(uuid: string, changes: GroupChanges): Group {
    return this.#store.mutate((tx) => {
      const before = this.#get(uuid);
      const { name = before.name, colour = before.colour, position = before.position } = changes;
      this.#checkName(name, uuid);
      const others = this.#groups.filter((group) => group.uuid !== uuid);
      const at = Math.min(position, others.length);
      const ordered = inOrder(others.toSpliced(at, 0, { uuid, name, colour, position: at }));
      const after = ordered[at] ?? before;
      const changed = differences(before, after);
      if (changed === null) return before;
      this.#write(tx, ordered);
      tx.audit({ action: 'group.update', subject: before.name, target: uuid, ...changed });
      this.#remember(tx, ordered);
      return after;
    });
  }

  /** @param leave takes the clusters out of the group, in the same transaction, and says which */
  remove(uuid: string, leave: (tx: Transaction) => string[]): void {
    this.#store.mutate((tx) => {
      const before = this.#get(uuid);
      const clusters = leave(tx);
      tx.db.delete(groups).where(eq(groups.uuid, uuid)).run();
      const rest = inOrder(this.#groups.filter((group) => group.uuid !== uuid));
      this.#write(tx, rest);
      tx.audit({
        action: 'group.remove',
        subject: before.name,
        target: uuid,
        before: { ...before, clusters },
      });
      this.#remember(tx, rest);
    });
  }

  #get(uuid: string): Group {
    const group = this.#groups.find((candidate) => candidate.uuid === uuid);
    if (group === undefined) throw notFound('group');
    return group;
  }

  #checkName(name: string, except: string | null): void {
    const same = (group: Group) => group.name.toLowerCase() === name.toLowerCase();
    if (this.#groups.some((group) => group.uuid !== except && same(group))) {
      throw invalid({ name: 'Another group has this name.' });
    }
  }

  #write(tx: Transaction, list: readonly Group[]): void {
    for (const { uuid, ...fields } of list) {
      tx.db.update(groups).set(fields).where(eq(groups.uuid, uuid)).run();
    }
  }

  #remember(tx: Transaction, list: readonly Group[]): void {
    tx.after(() => {
      this.#groups = list;
      this.events.emit(this.list());
    });
  }
}

const inOrder = (list: readonly Group[]): Group[] =>
  list.map((group, position) => ({ ...group, position }));
