/**
 * The same JSON with every value of another type: numbers become words, texts
 * become numbers, lists become objects. Keys stay, so that it looks right.
 */
export function lie(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(lieRow);
  return lieRow(value);
}

function lieRow(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return lieValue(value);
  return Object.fromEntries(Object.entries(value).map(([key, entry]) => [key, lieValue(entry)]));
}

function lieValue(value: unknown): unknown {
  if (typeof value === 'number') return 'many';
  if (typeof value === 'string') return { was: value.length };
  if (typeof value === 'boolean') return 'maybe';
  if (Array.isArray(value)) return { 0: value.length };
  return value === null ? [] : [value];
}
