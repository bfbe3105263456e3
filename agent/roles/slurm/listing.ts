import { randomBytes } from 'node:crypto';
import { fail } from '#shared/contract/errors';

/**
 * SLURM's listings in a form that no job name can forge: each field ends with a mark that is new at
 * every call. `squeue --json` was measured at 3.9 KB a job (also of those that ended) against 0.2 KB
 * here, and its shape changes from version to version; the letters of `-o` have stayed the same.
 */
export interface Listing {
  /** value of `-o` */
  format: string;
  /** @throws Failure BAD_RESPONSE where the text is not such a listing */
  rows(text: string): string[][];
}

/** @param letters as `['%i', '%j']` */
export function listing(letters: readonly string[]): Listing {
  const mark = `\u001f${randomBytes(6).toString('hex')}`;
  const end = `${mark}.`;
  return {
    format: `${letters.map((letter) => letter + mark).join('')}.`,
    rows(text) {
      const records = text.split(`${end}\n`);
      if (records.pop()?.trim() !== '') throw garbage(text);
      return records.map((record) => {
        const fields = record.split(mark);
        if (fields.length !== letters.length) throw garbage(text);
        return fields;
      });
    },
  };
}

const garbage = (text: string) =>
  fail(
    'BAD_RESPONSE',
    { remedy: 'Run squeue and sinfo on this node and look.', detail: text.slice(0, 200) },
    'SLURM printed something that cannot be understood.',
  );
