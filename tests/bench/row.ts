/** One line of the table that `npm run bench` prints; a bench exports `bench(): Promise<BenchRow[]>`. */
export interface BenchRow {
  /** what is measured, with its size */
  what: string;
  /** the budget as it is written down */
  budget: string;
  ours: string;
  /** the same work done the rival's way, measured in the same run; null where no rival does it */
  rival: string | null;
  /** how many times more the rival takes */
  ratio: number | null;
  within: boolean;
}

/** `1.24 GB`, `318 ms`: three significant digits. */
export function amount(value: number, unit: string): string {
  const digits = value >= 100 ? 0 : value >= 10 ? 1 : 2;
  return `${value.toFixed(digits)} ${unit}`;
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}
