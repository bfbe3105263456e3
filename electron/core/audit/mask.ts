/** Stands where a secret would. */
export const HIDDEN = '(hidden)';

const SECRET_NAME =
  /pass(word|wd|phrase)|secret|credential|ticket|cookie|api[-_]?key|private[-_]?key|^token$/i;
/** What the services say of a secret in place of it. */
const WORDS = new Set(['set', 'none', 'changed', 'copied', HIDDEN]);

/**
 * A plain copy of a value for the audit. The services put no secret into it; fields of others, as
 * those a portal sends and nobody here knows, are hidden when their name says that they hold one.
 */
export function masked(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(masked);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, inner]) => [
      name,
      SECRET_NAME.test(name) && isTold(inner) ? HIDDEN : masked(inner),
    ]),
  );
}

const isTold = (value: unknown) =>
  typeof value === 'object' ? value !== null : typeof value === 'string' && !WORDS.has(value);
