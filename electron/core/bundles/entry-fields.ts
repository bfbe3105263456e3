import { holdsSecret } from '#shared/domain/secret-names';

const YES = new Set(['true', 'yes', 'on', '1']);
const NO = new Set(['false', 'no', 'off', '0']);

/** Reads one entry of a file written by hand or by another program, and notes what it had to correct. */
export class EntryFields {
  /** what was corrected, in sentences */
  readonly corrections: string[] = [];
  /** why the entry cannot be used */
  readonly refusals: string[] = [];
  readonly #fields: Map<string, unknown>;

  constructor(entry: object) {
    this.#fields = new Map(Object.entries(entry));
  }

  /** Null where it is missing, empty or null. */
  text(name: string): string | null {
    const value = this.#take(name);
    if (value === null || value === '') return null;
    if (typeof value === 'string') return value;
    if (typeof value === 'number') {
      this.corrections.push(`${name} was a number and is text now.`);
      return String(value);
    }
    this.refusals.push(`${name} is not text.`);
    return null;
  }

  flag(name: string, missing: boolean): boolean {
    const value = this.#take(name);
    if (value === null) return missing;
    if (typeof value === 'boolean') return value;
    const isWord = typeof value === 'string' || typeof value === 'number';
    const word = isWord ? String(value).trim().toLowerCase() : '';
    if (YES.has(word) || NO.has(word)) {
      this.corrections.push(`${name} was "${word}" and is ${YES.has(word) ? 'on' : 'off'} now.`);
      return YES.has(word);
    }
    this.refusals.push(`${name} is neither true nor false.`);
    return missing;
  }

  whole(name: string, missing: number): number {
    const value = this.#take(name);
    if (value === null || value === '') return missing;
    if (typeof value === 'number' && Number.isInteger(value)) return value;
    if (typeof value === 'string' && /^\s*\d{1,9}\s*$/.test(value)) {
      this.corrections.push(`${name} was text and is a number now.`);
      return Number(value);
    }
    this.refusals.push(`${name} is not a whole number.`);
    return missing;
  }

  has(name: string): boolean {
    const value = this.#fields.get(name);
    return value !== undefined && value !== null;
  }

  /** Passes a field over. */
  drop(name: string): void {
    this.#fields.delete(name);
  }

  /** Fields nobody asked for; those that look like a secret are left behind. */
  rest(): Record<string, unknown> {
    const kept: [string, unknown][] = [];
    for (const [name, value] of this.#fields) {
      if (!holdsSecret(name, value)) kept.push([name, value]);
      else this.corrections.push(`${name.slice(0, 40)} looks like a secret and is not taken over.`);
    }
    return Object.fromEntries(kept);
  }

  #take(name: string): unknown {
    const value = this.#fields.get(name) ?? null;
    this.#fields.delete(name);
    return value;
  }
}
