import { fail } from '#shared/contract/errors';
import type { Store } from '../db/store';
import { type AuditRow, hashOf } from './chain';
import { fromJson } from './json';
import { HIDDEN } from './mask';

/** How edits of one kind are taken back; each area declares its own. */
export interface Undo {
  /** null: it can be taken back; else a sentence why not */
  whyNot(edit: Edit): string | null;
  /** @throws Failure of the edit that takes it back */
  run(edit: Edit): Promise<void> | void;
}

/** An edit as the audit tells it. */
export interface Edit {
  /** '' where it has no uuid, as the settings */
  target: string;
  subject: string;
  before: Fields;
  after: Fields;
}
export type Fields = Readonly<Record<string, unknown>>;

export interface UndosDeps {
  store: Pick<Store, 'mutate'>;
  /** by the action that the audit names */
  undos: Readonly<Record<string, Undo>>;
}

const UNREADABLE = 'The entry cannot be read.';

/** Takes configuration edits back by new edits, as long as nobody changed the same fields since. */
export class Undos {
  readonly #deps: UndosDeps;

  constructor(deps: UndosDeps) {
    this.#deps = deps;
  }

  /** undefined: there is nothing to take back */
  whyNot(row: AuditRow): string | null | undefined {
    const undo = this.#undoOf(row);
    if (undo === undefined || row.result !== 'ok') return undefined;
    if (hashOf(row) !== row.hash) return 'Somebody changed this entry.';
    const edit = editOf(row);
    if (edit === null) return UNREADABLE;
    try {
      return undo.whyNot(edit);
    } catch {
      // a row of another version, or one that somebody changed
      return UNREADABLE;
    }
  }

  /** Makes the new edit, and notes which one it takes back. */
  async undo(row: AuditRow): Promise<void> {
    const edit = editOf(row);
    if (edit === null) throw fail('UNSUPPORTED', { remedy: UNREADABLE });
    await this.#undoOf(row)?.run(edit);
    const { seq, action, subject, target } = row;
    this.#deps.store.mutate((tx) =>
      tx.audit({
        action: 'audit.undo',
        subject,
        ...(target !== null && { target }),
        after: { entry: seq, action },
      }),
    );
  }

  #undoOf({ action }: AuditRow): Undo | undefined {
    return Object.hasOwn(this.#deps.undos, action) ? this.#deps.undos[action] : undefined;
  }
}

function editOf({ target, subject, before, after }: AuditRow): Edit | null {
  if (`${before}${after}`.includes(HIDDEN)) return null;
  return { target: target ?? '', subject, before: fieldsOf(before), after: fieldsOf(after) };
}

function fieldsOf(json: string | null): Fields {
  const value = fromJson(json);
  return typeof value === 'object' && value !== null ? { ...value } : {};
}

/** Whether every field is still what the edit made of it. */
export function stillSo(now: object, after: Fields): boolean {
  const present = new Map<string, unknown>(Object.entries(now));
  return Object.entries(after).every(
    ([name, value]) => JSON.stringify(present.get(name)) === JSON.stringify(value),
  );
}
