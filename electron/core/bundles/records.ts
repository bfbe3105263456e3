import { desc } from 'drizzle-orm';
import type { KeptFields, StoredCluster } from '../clusters/rows';
import { imports } from '../db/schema/index';
import type { Reader, Writer } from '../db/store';
import type { SourceFile } from './candidate';

/** A cluster that an import changed, with what was there before. */
export interface ChangedCluster {
  /** as the import left it; another one means that it was edited since */
  revision: number;
  before: StoredCluster;
  kept: KeptFields;
  /** `none`: one was stored where there was none; `aside`: the former one lies aside, sealed */
  secret: 'untouched' | 'none' | 'aside';
}

/** Everything an undo needs. Secrets are not in it: they lie aside in the vault. */
export interface ImportBody {
  /** the deck had no cluster before, so it may have none again */
  ontoEmptyDeck: boolean;
  created: { uuid: string; clusterId: string; revision: number }[];
  changed: ChangedCluster[];
  /** uuids of groups it made */
  groups: string[];
}

export interface ImportRecord {
  importId: number;
  at: number;
  fileName: string;
  body: ImportBody;
}

/** Under whose name a cluster's former secret lies aside. */
export const asideOwner = (clusterUuid: string): string => `undo:${clusterUuid}`;

export function readLastImport(db: Reader): ImportRecord | null {
  const row = db.select().from(imports).orderBy(desc(imports.id)).limit(1).get();
  if (row === undefined) return null;
  // only this file writes it
  const body = JSON.parse(row.body) as ImportBody;
  return { importId: row.id, at: row.at, fileName: row.fileName, body };
}

export function dropImports(db: Writer): void {
  db.delete(imports).run();
}

/** @returns its number, which no other import gets */
export function writeImport(
  db: Writer,
  record: Omit<ImportRecord, 'importId'> & { source: SourceFile['source'] },
): number {
  const { at, source, fileName, body } = record;
  const values = { at, source, fileName, body: JSON.stringify(body) };
  return db.insert(imports).values(values).returning({ id: imports.id }).get().id;
}
