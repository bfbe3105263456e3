const LOOKS_SECRET = /pass|secret|token|credential|private|api_?key/i;

/** Whether a field of an unknown record looks as if it held a secret, itself or somewhere inside. */
export function holdsSecret(name: string, value: unknown): boolean {
  if (LOOKS_SECRET.test(name)) return true;
  if (typeof value !== 'object' || value === null) return false;
  return Object.entries(value).some(([inner, part]) => holdsSecret(inner, part));
}
