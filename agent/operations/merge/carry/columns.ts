import { randomBytes } from 'node:crypto';
import { fail } from '#shared/contract/errors';

/** What `squeue -O` can tell that its letters cannot, in a form that no value can forge. */
export interface Columns<Name extends string> {
  /** value of `-O` */
  format: string;
  /** @throws Failure BAD_RESPONSE where the text is no such listing, or a value was cut off */
  rows(text: string): Record<Name, string>[];
}

/** @param widths the fields by SLURM's name, with the most characters that each may have */
export function columns<Name extends string>(
  widths: Readonly<Record<Name, number>>,
): Columns<Name> {
  const mark = `\u001f${randomBytes(6).toString('hex')}`;
  const names = Object.keys(widths) as Name[];
  const end = `${mark}.`;
  const cells = names.map((name) => `${name}:.${widths[name]}${mark}`);
  return {
    format: `${cells.join(',')}.`,
    rows(text) {
      const records = text.split(`${end}\n`);
      if (records.pop()?.trim() !== '') throw garbage();
      return records.map((record) => rowOf(record.split(mark), names, widths));
    },
  };
}

function rowOf<Name extends string>(
  cells: readonly string[],
  names: readonly Name[],
  widths: Readonly<Record<Name, number>>,
): Record<Name, string> {
  if (cells.length !== names.length) throw garbage();
  const pairs = names.map((name, at) => {
    const value = (cells[at] ?? '').trim();
    if (value.length >= widths[name]) throw tooLong(name);
    return [name, value] as const;
  });
  return Object.fromEntries(pairs) as Record<Name, string>;
}

const garbage = () =>
  fail(
    'BAD_RESPONSE',
    { remedy: 'Run squeue on this node and look.' },
    'squeue printed something that cannot be understood.',
  );

const tooLong = (field: string) =>
  fail(
    'BAD_RESPONSE',
    { remedy: 'Submit this job by hand in the other cluster.', detail: field },
    `Its ${field} is too long to be read whole.`,
  );
