import type { AuditRow } from './chain';
import { fromJson } from './json';

export type ExportFormat = 'jsonl' | 'csv';

const COLUMNS = [
  'seq',
  'at',
  'actor',
  'action',
  'subject',
  'target',
  'result',
  'before',
  'after',
  'prev_hash',
  'hash',
] as const;

/** What stands before the first row. */
export const exportHead = (format: ExportFormat): string =>
  format === 'csv' ? `${COLUMNS.join(',')}\r\n` : '';

/**
 * One row with its line break. JSON Lines keep `at` in ms and all that the hash covers, so that
 * the chain can be checked elsewhere; CSV is for reading in a spreadsheet.
 */
export function exportRow(row: AuditRow, format: ExportFormat): string {
  const { prevHash: prev_hash, before, after, ...rest } = row;
  if (format === 'jsonl') {
    const parsed = { ...rest, before: fromJson(before), after: fromJson(after), prev_hash };
    return `${JSON.stringify(inOrder(parsed))}\n`;
  }
  const at = new Date(row.at).toISOString();
  const cells = inOrder({ ...rest, before, after, prev_hash, at });
  return `${Object.values(cells).map(csvCell).join(',')}\r\n`;
}

const inOrder = (cells: Record<(typeof COLUMNS)[number], unknown>) =>
  Object.fromEntries(COLUMNS.map((column) => [column, cells[column]]));

/** Quoted as RFC 4180 has it; a text that a spreadsheet would take for a formula is made plain. */
function csvCell(value: unknown): string {
  if (value === null) return '';
  if (typeof value === 'number') return String(value);
  const text = String(value);
  const safe = /^\s*[=+\-@＝＋－＠]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
