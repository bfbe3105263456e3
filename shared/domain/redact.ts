/** Field names whose values never reach a log; `tokenId` and the like name a token and are none. */
const SECRET_NAME =
  /pass(word|wd|phrase|code)|secret|ticket|cookie|authorization|csrf|credential|api[-_]?key|private[-_]?key|vault[-_]?key|otp|challenge|^(token|key|pin[-_]?code)$/i;
/** Counts and yes/no about secrets are useful and harmless. */
const isHarmless = (value: unknown) =>
  value === null || value === undefined || typeof value === 'boolean' || typeof value === 'number';

const HIDDEN = '[hidden]';
const NAME = '\\b[\\w-]*(?:password|passphrase|secret|ticket|csrfpreventiontoken)';
const PATTERNS: [RegExp, string][] = [
  // PVE:root@pam:6500ABCD::base64 and the CSRF token made like it
  [/\b(PVE\w*):[^\s:"']+:[0-9A-F]{8}::[A-Za-z0-9+/=]+/g, `$1:${HIDDEN}`],
  [/\b[0-9A-F]{8}:[A-Za-z0-9+/]{27,}=*/g, HIDDEN],
  [/(PVEAPIToken=[^\s=]+=)[^\s,;"']+/g, `$1${HIDDEN}`],
  [/(PVEAuthCookie=)[^\s,;"']+/g, `$1${HIDDEN}`],
  // tokens of the node agent
  [/\b(cdk_[0-9a-z]{1,32}_)[A-Za-z0-9_-]{16,}/g, `$1${HIDDEN}`],
  [/((?:bearer|basic)\s+)[A-Za-z0-9._~+/=-]{8,}/gi, `$1${HIDDEN}`],
  [/(\/open\/)[A-Za-z0-9_-]{16,}/g, `$1${HIDDEN}`],
  // in quotes it may have spaces and commas; the text may have been cut before the closing one
  [new RegExp(`(${NAME}"?\\s*[=:]\\s*")(?:\\\\.|[^"\\\\])*`, 'gi'), `$1${HIDDEN}`],
  // the same inside of a JSON text that is itself quoted
  [new RegExp(`(${NAME}\\\\"\\s*:\\s*\\\\")[^"\\\\]*`, 'gi'), `$1${HIDDEN}`],
  [new RegExp(`("?${NAME}"?\\s*[=:]\\s*"?)[^\\s"&,;}]+`, 'gi'), `$1${HIDDEN}`],
];
const MAX_TEXT = 8_000;
const MAX_DEPTH = 6;
const MAX_ITEMS = 100;

/** Takes known forms of secrets (tickets, tokens, cookies, form fields) out of a text and bounds it. */
export function redactText(text: string): string {
  const bounded = text.length > MAX_TEXT ? `${text.slice(0, MAX_TEXT)}… (cut)` : text;
  return PATTERNS.reduce((result, [pattern, by]) => result.replace(pattern, by), bounded);
}

/**
 * A copy of any value that is fit for a log: secrets hidden by name and by form, errors unfolded,
 * depth and size bounded, cycles cut.
 */
export function redact(value: unknown, depth = 0): unknown {
  if (typeof value === 'string') return redactText(value);
  if (typeof value === 'bigint') return value.toString();
  if (typeof value === 'function' || typeof value === 'symbol') return `[${typeof value}]`;
  if (typeof value !== 'object' || value === null) return value;
  if (depth >= MAX_DEPTH) return '[deep]';
  if (ArrayBuffer.isView(value)) return `[${value.byteLength} bytes]`;
  if (value instanceof Date) return value.toISOString();
  if (Array.isArray(value)) return value.slice(0, MAX_ITEMS).map((item) => redact(item, depth + 1));
  if (value instanceof Map) return redact(Object.fromEntries(value), depth);
  return redactFields(value instanceof Error ? unfold(value) : value, depth);
}

function redactFields(fields: object, depth: number): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(fields)
      .slice(0, MAX_ITEMS)
      .map(([name, value]) => [
        name,
        SECRET_NAME.test(name) && !isHarmless(value) ? HIDDEN : redact(value, depth + 1),
      ]),
  );
}

function unfold(error: Error): object {
  const { name, message, stack, cause } = error;
  return { ...error, name, message, stack, ...(cause !== undefined && { cause }) };
}
