import { setImmediate as breathe } from 'node:timers/promises';
import type { AuditCheck, AuditEntry } from '#shared/contract/audit';
import { fail } from '#shared/contract/errors';
import type { Reader } from '../db/store';
import type { Clock } from '../ports';
import { type AuditRow, type ChainCheck, checkChain } from './chain';
import { type ExportFormat, exportHead, exportRow } from './export';
import { fromJson } from './json';
import { countRows, type Filter, selectActions, selectRow, selectRows } from './query';

/** Takes configuration edits back by new ones. */
export interface UndoKeeper {
  /** null: it can be taken back; a sentence why not; undefined: there is nothing to take back */
  whyNot(row: AuditRow): string | null | undefined;
  /** @throws Failure of the edit, REVISION_CHANGED when it can no longer be taken back */
  undo(row: AuditRow): Promise<void>;
}

export interface TrailDeps {
  db: Reader;
  clock: Pick<Clock, 'now'>;
  undo: UndoKeeper;
}

const PAGE_ROWS = 250;

/** Who did what and when, for people to read, check, take away and take back. */
export class AuditTrail {
  readonly #deps: TrailDeps;

  constructor(deps: TrailDeps) {
    this.#deps = deps;
  }

  list(request: { filter: Filter; before?: number | undefined; limit: number }) {
    const { db } = this.#deps;
    const { filter } = request;
    return {
      entries: selectRows(db, filter, request).map((row) => this.#view(row)),
      total: countRows(db, filter),
      actions: selectActions(db),
    };
  }

  /** Walks the whole chain. */
  async verify(): Promise<AuditCheck> {
    const check = await checkChain(this.#deps.db);
    return { ok: check.brokenAt === null, ...check, message: sentence(check) };
  }

  /** All entries that fit, the newest first. */
  async export(filter: Filter, format: ExportFormat): Promise<{ fileName: string; text: string }> {
    const { db, clock } = this.#deps;
    const parts = [exportHead(format)];
    for (let before: number | undefined; ; ) {
      const rows = selectRows(db, filter, { before, limit: PAGE_ROWS });
      parts.push(...rows.map((row) => exportRow(row, format)));
      before = rows.at(-1)?.seq;
      if (rows.length < PAGE_ROWS) break;
      await breathe();
    }
    const day = new Date(clock.now()).toISOString().slice(0, 10);
    return { fileName: `clusterdeck-audit-${day}.${format}`, text: parts.join('') };
  }

  /**
   * Takes one configuration edit back by a new edit.
   * @returns the new edit
   * @throws Failure NOT_FOUND | UNSUPPORTED | REVISION_CHANGED and those of the edit
   */
  async undo(seq: number): Promise<AuditEntry> {
    const { db, undo } = this.#deps;
    const row = selectRow(db, seq);
    if (row === undefined) throw fail('NOT_FOUND', { remedy: 'Look at the audit again.' });
    const why = undo.whyNot(row);
    if (why === undefined) {
      const remedy = 'Only edits of clusters, groups and settings can be taken back.';
      throw fail('UNSUPPORTED', { remedy }, 'This cannot be taken back.');
    }
    if (why !== null) {
      throw fail('REVISION_CHANGED', { remedy: why }, 'This can no longer be taken back.');
    }
    await undo.undo(row);
    const [newest] = selectRows(db, NO_FILTER, { limit: 1 });
    if (newest === undefined) throw new Error('An edit left no row in the audit');
    return this.#view(newest);
  }

  #view(row: AuditRow): AuditEntry {
    const { prevHash: _prevHash, before, after, ...rest } = row;
    const why = this.#deps.undo.whyNot(row);
    return {
      ...rest,
      before: record(before),
      after: record(after),
      undoable: why === null,
      undoNote: why ?? null,
    };
  }
}

const NO_FILTER: Filter = { text: '', actions: [] };

function record(json: string | null): Record<string, unknown> | null {
  const value = fromJson(json);
  if (value === null) return null;
  if (typeof value !== 'object' || Array.isArray(value)) return { value };
  return { ...value };
}

function sentence({ checked, brokenAt, prunedThrough }: ChainCheck): string {
  if (brokenAt !== null) {
    return `Entry ${brokenAt} is not as it was written. From there on the audit proves nothing.`;
  }
  const older = prunedThrough === 0 ? '' : ' Older ones were removed for their age.';
  return `${checked} entries are as they were written.${older}`;
}
