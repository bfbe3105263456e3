import { randomUUID } from 'node:crypto';
import type { OnConflict } from '#shared/contract/bundles';
import type { Group } from '#shared/contract/clusters';
import { fail } from '#shared/contract/errors';
import type { Edit } from '../clusters/edit';
import { readKept, writeKept } from '../clusters/rows';
import { differences, needsReconnect } from '../clusters/rules';
import type { Transaction } from '../db/store';
import type { Judged, Outcome } from './deck';
import { asideOwner, type ImportBody } from './records';

/** What the import needs of the vault inside of its transaction. */
export interface SecretBench {
  has(owner: string): boolean;
  put(tx: Transaction, owner: string, secret: string): void;
  copy(tx: Transaction, from: string, to: string): boolean;
  remove(tx: Transaction, owner: string): void;
}

/** What it needs of the groups. */
export interface GroupBench {
  list(): Group[];
  createIn(tx: Transaction, list: { name: string; colour: string }[]): Group[];
}

export type Step = { outcome: Outcome } & (
  | { action: 'create' | 'copy' }
  | { action: 'change'; uuid: string }
);

/** What is to be done with a ticked entry; null: mine stays. */
export function stepFor(judged: Judged, choice: OnConflict): Step | null {
  const { entry, outcome, present } = judged;
  if (outcome === null || entry.verdict === 'same') return null;
  if (present === null) return { action: 'create', outcome };
  if (choice === 'keep' || (choice === 'take' && present.readOnly)) return null;
  if (choice === 'copy') return { action: 'copy', outcome };
  return { action: 'change', outcome, uuid: present.uuid };
}

/** Carries the steps out in one transaction, and tells what an undo needs. */
export class Application {
  readonly body: ImportBody;
  readonly created: string[] = [];
  readonly changed: string[] = [];
  readonly #edit: Edit;
  readonly #secrets: SecretBench;
  /** lower-case name -> uuid */
  readonly #groups = new Map<string, string>();
  readonly #ids: Set<string>;

  /**
   * @param colours of the groups in the file, by lower-case name
   * @param reserved ids that a copy must leave to the file's own entries
   */
  constructor(edit: Edit, secrets: SecretBench, reserved: Iterable<string>) {
    this.#edit = edit;
    this.#secrets = secrets;
    const here = [...edit.book.values()].map(({ clusterId }) => clusterId);
    this.#ids = new Set([...here, ...reserved]);
    this.body = { ontoEmptyDeck: edit.book.size === 0, created: [], changed: [], groups: [] };
  }

  /** Makes the groups that the steps name and the deck does not have. */
  makeGroups(
    steps: readonly Step[],
    colours: ReadonlyMap<string, string>,
    groups: GroupBench,
  ): void {
    for (const { name, uuid } of groups.list()) this.#groups.set(name.toLowerCase(), uuid);
    const missing = new Map<string, string>();
    for (const { outcome } of steps) {
      const name = outcome.group;
      if (name !== null && !this.#groups.has(name.toLowerCase())) {
        if (!missing.has(name.toLowerCase())) missing.set(name.toLowerCase(), name);
      }
    }
    const wanted = [...missing].map(([key, name]) => ({
      name,
      colour: colours.get(key) ?? DEFAULT_COLOUR,
    }));
    if (wanted.length === 0) return;
    for (const { name, uuid } of groups.createIn(this.#edit.tx, wanted)) {
      this.#groups.set(name.toLowerCase(), uuid);
      this.body.groups.push(uuid);
    }
  }

  carryOut(step: Step): void {
    if (step.action === 'change') this.#change(step.uuid, step.outcome);
    else if (step.action === 'create') this.#insert(step.outcome, step.outcome.input);
    else this.#copy(step.outcome);
  }

  #copy(outcome: Outcome): void {
    const { input } = outcome;
    const clusterId = this.#freeId(input.clusterId);
    const name = `${input.name.slice(0, 93)} (copy)`;
    // the remote knows the cluster under its own id
    const own = { isDefault: false, readOnly: false, remoteUuid: null };
    this.#insert(outcome, { ...input, ...own, clusterId, name });
  }

  #insert({ kept, secret, group }: Outcome, input: Outcome['input']): void {
    const { tx } = this.#edit;
    const groupUuid = this.#groupUuid(group);
    const made = this.#edit.insert({ ...input, groupUuid, uuid: randomUUID() }, kept);
    if (secret !== undefined) this.#secrets.put(tx, made.uuid, secret);
    tx.audit({
      action: 'cluster.create',
      subject: made.clusterId,
      target: made.uuid,
      after: { ...made, ...kept, secret: secret === undefined ? 'none' : 'set' },
    });
    this.#ids.add(made.clusterId);
    this.created.push(made.clusterId);
    this.body.created.push({ uuid: made.uuid, clusterId: made.clusterId, revision: made.revision });
  }

  #change(uuid: string, outcome: Outcome): void {
    const edit = this.#edit;
    const before = edit.book.get(uuid);
    if (before === undefined) throw deckChanged(outcome.input.clusterId);
    const kept = readKept(edit.tx.db, uuid);
    const after = { ...before, ...outcome.input, groupUuid: this.#groupUuid(outcome.group) };
    const written = edit.update(after);
    const changed = differences(before, after);
    const keptChanged = differences(kept, outcome.kept);
    if (keptChanged !== null) writeKept(edit.tx.db, uuid, keptChanged.after);
    const secret = this.#changeSecret(uuid, outcome);
    if (secret !== 'untouched' || needsReconnect(before, after)) edit.reconnect.add(uuid);
    const masked =
      secret === 'untouched' ? {} : { secret: outcome.secret === undefined ? 'none' : 'changed' };
    edit.tx.audit({
      action: 'cluster.update',
      subject: before.clusterId,
      target: uuid,
      before: { ...changed?.before, ...keptChanged?.before },
      after: { ...changed?.after, ...keptChanged?.after, ...masked },
    });
    this.changed.push(written.clusterId);
    this.body.changed.push({ revision: written.revision, before, kept, secret });
  }

  #changeSecret(uuid: string, outcome: Outcome): ImportBody['changed'][number]['secret'] {
    const { secret, losesTrust } = outcome;
    const drops = secret === undefined && losesTrust && this.#secrets.has(uuid);
    if (secret === undefined && !drops) return 'untouched';
    const { tx } = this.#edit;
    const had = this.#secrets.copy(tx, uuid, asideOwner(uuid));
    if (secret === undefined) this.#secrets.remove(tx, uuid);
    else this.#secrets.put(tx, uuid, secret);
    return had ? 'aside' : 'none';
  }

  #groupUuid(name: string | null): string | null {
    return name === null ? null : (this.#groups.get(name.toLowerCase()) ?? null);
  }

  #freeId(clusterId: string): string {
    for (let n = 2; ; n += 1) {
      const suffix = `-${n}`;
      const id = clusterId.slice(0, 50 - suffix.length) + suffix;
      if (!this.#ids.has(id)) return id;
    }
  }
}

const DEFAULT_COLOUR = '#7b93ff';

/** The deck is not what the preview showed. */
export const deckChanged = (clusterId: string | null) =>
  fail('REVISION_CHANGED', {
    remedy: 'Nothing was imported. Look at the preview again: it shows the deck as it is now.',
    ...(clusterId !== null && { cluster: clusterId }),
  });

/** Whether a step puts, moves or drops a secret, so that the vault must be open. */
export function touchesSecrets(step: Step, has: (owner: string) => boolean): boolean {
  if (step.outcome.secret !== undefined) return true;
  return step.action === 'change' && step.outcome.losesTrust && has(step.uuid);
}
