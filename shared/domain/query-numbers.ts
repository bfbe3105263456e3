/** In what a number is written: `80` per cent, `4G`, `7d`, or plain. */
export type Scale = 'plain' | 'percent' | 'bytes' | 'seconds';

/** Both ends included unless said otherwise; `relative` compares with the share of the whole. */
export interface Comparison {
  min: number;
  max: number;
  minOpen: boolean;
  maxOpen: boolean;
  relative: boolean;
}

const FACTORS: Record<Scale, Record<string, number>> = {
  plain: { '': 1 },
  percent: { '': 0.01, '%': 0.01 },
  bytes: { '': 1, b: 1, k: 2 ** 10, m: 2 ** 20, g: 2 ** 30, t: 2 ** 40, p: 2 ** 50 },
  seconds: { '': 1, s: 1, m: 60, min: 60, h: 3600, d: 86_400, w: 604_800 },
};

function parseNumber(text: string, scale: Scale): number | null {
  const match = /^(\d+(?:\.\d+)?|\.\d+)([a-z%]*)$/i.exec(text);
  if (match === null) return null;
  // 4G, 4GB and 4GiB say the same of a guest's memory
  const unit = (match[2] ?? '').toLowerCase();
  const short = scale === 'bytes' && unit.length > 1 ? unit.replace(/i?b$/, '') : unit;
  const factor = Object.hasOwn(FACTORS[scale], short) ? FACTORS[scale][short] : undefined;
  return factor === undefined ? null : Number(match[1]) * factor;
}

/**
 * Reads `>80`, `<=4G`, `100-120`, `7d`.
 * @param canBeRelative whether `>90%` may stand for the share of a whole
 * @returns null when it is no number of this scale
 */
export function parseComparison(
  text: string,
  scale: Scale,
  canBeRelative: boolean,
): Comparison | null {
  const relative = canBeRelative && text.endsWith('%');
  const used: Scale = relative ? 'percent' : scale;
  const range = /^([^-<>=]+)-([^-<>=]+)$/.exec(text);
  if (range !== null) {
    const min = parseNumber(range[1] ?? '', used);
    const max = parseNumber(range[2] ?? '', used);
    if (min === null || max === null || min > max) return null;
    return { min, max, minOpen: false, maxOpen: false, relative };
  }
  const match = /^(>=|<=|>|<|=)?(.+)$/.exec(text);
  const value = parseNumber(match?.[2] ?? '', used);
  if (value === null) return null;
  const sign = match?.[1] ?? '=';
  return {
    min: sign.startsWith('<') ? Number.NEGATIVE_INFINITY : value,
    max: sign.startsWith('>') ? Number.POSITIVE_INFINITY : value,
    minOpen: sign === '>',
    maxOpen: sign === '<',
    relative,
  };
}

/** What was not measured fits no comparison. */
export function compare(wanted: Comparison, value: number | null, whole: number | null): boolean {
  if (value === null) return false;
  if (wanted.relative && (whole === null || whole <= 0)) return false;
  const measured = wanted.relative && whole !== null ? value / whole : value;
  const above = wanted.minOpen ? measured > wanted.min : measured >= wanted.min;
  const below = wanted.maxOpen ? measured < wanted.max : measured <= wanted.max;
  return above && below;
}
