import { z } from 'zod';
import { badResponse } from '../errors';

/** A finite number, also where an old release sends it as text; absent, null and '' are null. */
export const number = z.preprocess((value) => {
  if (value === undefined || value === null || value === '') return null;
  return typeof value === 'string' ? Number(value) : value;
}, z.number().nullable());

/** A number that identifies the row: without it the row is of no use. */
export const whole = z.preprocess(
  (value) => (typeof value === 'string' && value !== '' ? Number(value) : value),
  z.number().int(),
);

/** 0/1, '0'/'1', true/false; absent and null are false. */
export const flag = z.preprocess(
  (value) => (value === undefined || value === null || value === '' ? 0 : value),
  z
    .union([z.boolean(), z.literal([0, 1]), z.literal(['0', '1'])])
    .transform((v) => v === true || v === 1 || v === '1'),
);

/** Text, also where a release sends a number; absent and null are null. */
export const text = z.preprocess(
  (value) => (typeof value === 'number' ? String(value) : (value ?? null)),
  z.string().nullable(),
);

/** Text that is '' where the server leaves it out. */
export const textOrEmpty = text.transform((value) => value ?? '');

/** Seconds since 1970 on the wire, milliseconds here. */
export const secondsToMs = number.transform((s) => (s === null ? null : Math.round(s * 1000)));

/** A list in one text: tags come joined with `;`, contents with `,`; both may be spaced. */
export const list = text.transform((value) => (value ?? '').split(/[;, ]+/).filter(Boolean));

/** Rows that could be read, and how many could not. */
export interface Rows<Row> {
  rows: Row[];
  dropped: number;
}

/** Reads each row by itself: one that lies about its types is left out and counted. */
export function readRows<Row>(data: unknown, schema: z.ZodType<Row>): Rows<Row> {
  if (data === null || data === undefined) return { rows: [], dropped: 0 };
  if (!Array.isArray(data)) throw badResponse('A list was expected.');
  const read = data.map((row) => schema.safeParse(row));
  const rows = read.flatMap((result) => (result.success ? [result.data] : []));
  return { rows, dropped: data.length - rows.length };
}

/** Reads one object. @throws Failure BAD_RESPONSE */
export function readOne<Value>(data: unknown, schema: z.ZodType<Value>): Value {
  const result = schema.safeParse(data);
  if (result.success) return result.data;
  const at = result.error.issues[0]?.path.join('.') ?? '';
  throw badResponse(`An unexpected value${at === '' ? '' : ` at ${at}`}.`);
}
