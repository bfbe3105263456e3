import type { CliFailure } from './failure';
import type { CliIo } from './io';

type Cell = string | number | null;

/** Where a command puts its result: one JSON document, or tables and sentences for people. */
export interface Output {
  readonly json: boolean;
  /** the command's one result; `human` is printed without --json */
  result(document: unknown, human: () => string): void;
  failure(failure: CliFailure): void;
  /** on standard error in both forms: progress, warnings */
  note(text: string): void;
}

export function createOutput(io: CliIo, json: boolean): Output {
  return {
    json,
    result(document, human) {
      const text = json ? JSON.stringify(document, null, 2) : printable(human());
      if (text !== '') io.stdout(`${text}\n`);
    },
    failure(failure) {
      if (json) io.stdout(`${JSON.stringify(failure, null, 2)}\n`);
      const fields = Object.entries(failure.fields ?? {}).map(([name, why]) => `  ${name}: ${why}`);
      const lines = [failure.message, ...fields, failure.remedy];
      io.stderr(`${printable(lines.join(fields.length > 0 ? '\n' : ' '))}\n`);
    },
    note: (text) => io.stderr(`${printable(text)}\n`),
  };
}

/** Without control characters: names come from servers and must not steer a terminal. */
const printable = (text: string) => text.replace(/(?!\n)[\p{Cc}\p{Bidi_Control}]/gu, '�');

/** Columns as wide as their widest cell, numbers to the right. */
export function table(head: string[], rows: Cell[][]): string {
  const cells = rows.map((row) =>
    row.map((cell) => printable(cell === null ? '-' : String(cell)).replaceAll('\n', ' ')),
  );
  const widths = head.map((title, n) =>
    Math.max(title.length, ...cells.map((row) => row[n]?.length ?? 0)),
  );
  const isNumeric = head.map((_, n) => cells.every((row) => /^(-|[\d.]+)$/.test(row[n] ?? '')));
  const line = (row: string[]) =>
    row
      .map((cell, n) =>
        isNumeric[n] ? cell.padStart(widths[n] ?? 0) : cell.padEnd(widths[n] ?? 0),
      )
      .join('  ')
      .trimEnd();
  return [head, ...cells].map(line).join('\n');
}
