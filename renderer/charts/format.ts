import type { Chart } from '#shared/contract/charts';
import { bytes, count, percent, plain, type Quantity, rate } from '#shared/domain/units';

/** The contract's units; bytes of storages count in thousands, those of memory in 1024s. */
export type ChartUnit = Chart['unit'] | 'storageBytes';

const QUANTITY: Record<ChartUnit, (value: number | null) => Quantity> = {
  fraction: percent,
  bytes: (value) => bytes(value, 'iec'),
  storageBytes: (value) => bytes(value, 'si'),
  bytesPerSecond: rate,
  load: (value) => count(value),
  // a mean of jobs over some minutes is no number of jobs
  count: (value) => count(value === null ? null : Math.round(value)),
};

/** A charted value as it is read: `42 %`, `312 MB/s`, `11.8`; `–` where nothing was measured. */
export function formatValue(unit: ChartUnit, value: number | null): string {
  return plain(QUANTITY[unit](value));
}

/** The same on an axis, where marks are round and the foot needs no unit. */
export function formatTick(unit: ChartUnit, value: number): string {
  return value === 0 ? '0' : formatValue(unit, value).replace('.0', '');
}
