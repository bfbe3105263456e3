import { z } from 'zod';
import type { Measurement } from '#shared/domain/downsample';
import { badResponse } from '../pve/errors';

/** One row of rrddata; a key that is absent was not measured. */
export interface RrdRow {
  timeMs: number;
  /** what the row stands for; releases and upgraded hosts mix several steps */
  stepMs: number;
  values: Readonly<Record<string, unknown>>;
}

const answer = z.array(z.looseObject({ time: z.coerce.number().int().positive() }));

/**
 * Rows of `rrddata`, ascending.
 * @throws Failure BAD_RESPONSE
 */
export function readRrd(data: unknown): RrdRow[] {
  const parsed = answer.safeParse(data);
  if (!parsed.success) throw badResponse('', 'A list with times was expected.');
  const rows = parsed.data.toSorted((a, b) => a.time - b.time);
  return rows.map((values, index) => {
    const before = rows[index - 1]?.time;
    const next = rows[index + 1]?.time;
    const step =
      before !== undefined ? values.time - before : (next ?? values.time + 60) - values.time;
    return { timeMs: values.time * 1000, stepMs: step * 1000, values };
  });
}

/** One value of a row; old releases send some numbers as text. */
export function rrdValue(row: RrdRow, key: string): number | null {
  const value = row.values[key];
  const number = typeof value === 'string' && value !== '' ? Number(value) : value;
  return typeof number === 'number' && Number.isFinite(number) ? number : null;
}

/** One series of the rows. */
export function rrdSeries(rows: readonly RrdRow[], key: string): Measurement[] {
  return rows.map((row) => [row.timeMs, rrdValue(row, key), row.stepMs]);
}
