import { isBundle, readBundle } from './bundle-file';
import { MAX_ENTRIES, type SourceFile } from './candidate';
import { parseForeignJson } from './json-guard';
import { isAge, type Keys } from './keys';
import { isSqlite, readPortalDatabase } from './portal-database';
import { readPortalEntry } from './portal-entry';
import type { Progress } from './progress';
import { damaged, tooMany, unknownFile } from './refusals';

/**
 * Reads a file of any kind that can be imported; its content says which.
 * @param fileName only to choose the sentence for a file of no known kind
 * @throws Failure PASSPHRASE_* | IDENTITY_NEEDED | FILE_* | INVALID_INPUT; nothing of the content
 * is ever part of it
 */
export async function readSource(
  bytes: Uint8Array,
  fileName: string,
  keys: Keys,
  progress: Progress,
): Promise<SourceFile> {
  if (isSqlite(bytes)) return portalDatabase(bytes);
  if (isAge(bytes)) {
    // the cipher is large and seldom needed
    const { decrypt } = await import('./age');
    const plain = await decrypt(bytes, keys, progress);
    const document = parseForeignJson(plain);
    plain.fill(0);
    if (!isBundle(document)) throw unknownFile('It holds something else than a bundle.');
    return readBundle(document);
  }
  const isText = /^[\s\uFEFF\u00EF\u00BB\u00BF]*[[{]/.test(
    Buffer.from(bytes.subarray(0, 200)).toString('latin1'),
  );
  if (!isText) {
    if (/\.cdeck$/i.test(fileName)) throw damaged('Its beginning is missing or altered.');
    throw unknownFile(bytes.length === 0 ? 'It is empty.' : 'Its content is of another kind.');
  }
  return jsonFile(parseForeignJson(bytes));
}

function jsonFile(document: unknown): SourceFile {
  // a bundle that somebody has decrypted
  if (isBundle(document)) return readBundle(document);
  if (!Array.isArray(document)) throw unknownFile('It is no JSON array of clusters.');
  if (document.length > MAX_ENTRIES) throw tooMany();
  return {
    source: 'clustersJson',
    madeBy: null,
    madeAt: null,
    groups: [],
    candidates: document.map(readPortalEntry),
  };
}

function portalDatabase(bytes: Uint8Array): SourceFile {
  const { rows, note } = readPortalDatabase(bytes);
  const candidates = rows.map(readPortalEntry);
  if (note !== null) for (const { corrections } of candidates) corrections.push(note);
  return { source: 'portalDatabase', madeBy: null, madeAt: null, groups: [], candidates };
}
