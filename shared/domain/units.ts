/** A number as people read it; the unit stands apart so that a screen can set it smaller. */
export interface Quantity {
  text: string;
  unit: string;
}

/** What stands where nothing was measured. */
const MISSING: Quantity = { text: '–', unit: '' };
const IEC = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB', 'EiB'];
const SI = ['B', 'kB', 'MB', 'GB', 'TB', 'PB', 'EB'];

/** Three significant digits, as far as decimals help: 545, 43.5, 1.92, 5. */
function digits(value: number): string {
  const size = Math.abs(value);
  const decimals = size >= 99.95 ? 0 : size >= 9.995 ? 1 : 2;
  return String(Number(value.toFixed(decimals)));
}

function scaled(value: number, step: number, units: readonly string[]): Quantity {
  const sign = value < 0 ? -1 : 1;
  let size = Math.abs(value);
  let index = 0;
  // 1023.6 MiB reads as 1 GiB, not as 1024 MiB
  while (Math.round(size) >= step && index < units.length - 1) {
    size /= step;
    index += 1;
  }
  const text = index === 0 ? (sign * size).toFixed(0) : digits(sign * size);
  return { text, unit: units[index] ?? '' };
}

/** Bytes: memory and disks of guests in IEC (GiB), storage and traffic in SI (TB). */
export function bytes(value: number | null, system: 'iec' | 'si' = 'iec'): Quantity {
  if (value === null) return MISSING;
  return system === 'iec' ? scaled(value, 1024, IEC) : scaled(value, 1000, SI);
}

/** Bytes per second in SI: `312 MB/s`. */
export function rate(bytesPerSecond: number | null): Quantity {
  if (bytesPerSecond === null) return MISSING;
  const { text, unit } = scaled(bytesPerSecond, 1000, SI);
  return { text, unit: `${unit}/s` };
}

/**
 * A fraction 0..1 as per cent, whole above 10: `34 %`, `2.1 %`.
 * A part that is not quite everything never reads as 100, and a small one not as 0.
 */
export function percent(fraction: number | null): Quantity {
  if (fraction === null) return MISSING;
  const value = fraction * 100;
  if (value > 0 && value < 0.1) return { text: '<0.1', unit: '%' };
  if (value > 99 && value < 100) return { text: '99', unit: '%' };
  const text = value === 0 || Math.abs(value) >= 9.95 ? value.toFixed(0) : value.toFixed(1);
  return { text, unit: '%' };
}

/** A plain number with three significant digits: cores, load, overcommit. */
export function count(value: number | null, unit = ''): Quantity {
  return value === null ? MISSING : { text: digits(value), unit };
}

const SPANS: ReadonlyArray<readonly [seconds: number, unit: string]> = [
  [86_400, 'd'],
  [3600, 'h'],
  [60, 'min'],
  [1, 's'],
];

/** A span of time in its two largest units: `41 d 3 h`, `2 h 10 min`, `4 s`. */
export function duration(seconds: number | null): Quantity[] {
  if (seconds === null) return [MISSING];
  let rest = Math.max(0, Math.floor(seconds));
  const first = SPANS.findIndex(([size]) => rest >= size);
  const parts: Quantity[] = [];
  for (const [size, unit] of SPANS.slice(first === -1 ? SPANS.length - 1 : first).slice(0, 2)) {
    const whole = Math.floor(rest / size);
    rest -= whole * size;
    if (whole > 0 || parts.length === 0) parts.push({ text: String(whole), unit });
  }
  return parts;
}

/** How long something took, as exact as it matters: `230 ms`, `1.92 s`, `2 min 10 s`. */
export function took(ms: number | null): Quantity[] {
  if (ms === null) return [MISSING];
  if (ms < 999.5) return [{ text: ms.toFixed(0), unit: 'ms' }];
  if (ms < 60_000) return [{ text: digits(ms / 1000), unit: 's' }];
  return duration(Math.round(ms / 1000));
}

/** How old something is; seconds matter only below two minutes: `4 s`, `2 min`, `2 h 10 min`. */
export function age(ageMs: number | null): Quantity[] {
  if (ageMs === null) return [MISSING];
  const seconds = Math.max(0, Math.floor(ageMs / 1000));
  return duration(seconds < 120 ? seconds : Math.floor(seconds / 60) * 60);
}

/** The plain text of quantities: `12.8 TB`, `41 d 3 h`. */
export function plain(quantity: Quantity | readonly Quantity[]): string {
  const list = 'text' in quantity ? [quantity] : quantity;
  return list.map(({ text, unit }) => (unit === '' ? text : `${text} ${unit}`)).join(' ');
}
