import { z } from 'zod';

const UNIT_MS: Record<string, number> = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };
const DURATION = /^(\d{1,9})\s*([smhd]?)$/;

/** `30` (seconds), `30s`, `10m`, `24h`, `7d` in milliseconds; null for anything else. */
export function parseDuration(text: string): number | null {
  const match = DURATION.exec(text.trim());
  if (match === null) return null;
  return Number(match[1]) * (UNIT_MS[match[2] || 's'] ?? 1000);
}

/** A duration of the configuration file. @param minMs the shortest that makes sense */
export const seconds = (minMs = 0) =>
  z.union([z.number(), z.string()]).transform((value, context) => {
    const ms = parseDuration(String(value));
    if (ms !== null && ms >= minMs) return ms;
    const least = minMs > 0 ? `, at least ${minMs / 1000} seconds` : '';
    context.addIssue({ code: 'custom', message: `Write a duration as 30s, 10m or 24h${least}.` });
    return z.NEVER;
  });
