import { parameterError } from '../errors';

/** One parameter of an endpoint, as its schema has it. */
interface ParamRule {
  type?: 'string' | 'integer' | 'number' | 'boolean';
  optional?: boolean;
  enum?: readonly string[];
  minimum?: number;
  maximum?: number;
  /** Says what is wrong with a value, in the server's words. */
  check?: (value: string) => string | undefined;
}

export type ParamRules = Record<string, ParamRule>;

const UNKNOWN =
  'property is not defined in schema and the schema does not allow additional properties';
const MISSING = 'property is missing and it is not optional';
const BOOLEANS = new Set(['0', '1', 'yes', 'no', 'true', 'false', 'on', 'off']);

/** Checks parameters against their rules; throws 400 with a text for each. */
export function verifyParams(
  params: Record<string, string>,
  rules: ParamRules,
  alsoAllowed?: RegExp,
): void {
  const errors: Record<string, string> = {};
  for (const [name, rule] of Object.entries(rules)) {
    if (params[name] === undefined && !(rule.optional ?? false)) errors[name] = MISSING;
  }
  for (const [name, value] of Object.entries(params)) {
    const rule = rules[name];
    if (rule === undefined) {
      if (alsoAllowed?.test(name) !== true) errors[name] = UNKNOWN;
      continue;
    }
    const problem = problemOf(value, rule);
    if (problem !== undefined) errors[name] = problem;
  }
  if (Object.keys(errors).length > 0) throw parameterError(errors);
}

function problemOf(value: string, rule: ParamRule): string | undefined {
  const type = rule.type ?? 'string';
  if (type === 'integer' && !/^-?\d+$/.test(value)) {
    return `type check ('integer') failed - got '${value}'`;
  }
  if (type === 'number' && !/^-?\d+(\.\d+)?$/.test(value)) {
    return `type check ('number') failed - got '${value}'`;
  }
  if (type === 'boolean' && !BOOLEANS.has(value.toLowerCase())) {
    return `type check ('boolean') failed - got '${value}'`;
  }
  if (rule.minimum !== undefined && Number(value) < rule.minimum) {
    return `value must have a minimum value of ${rule.minimum}`;
  }
  if (rule.maximum !== undefined && Number(value) > rule.maximum) {
    return `value must have a maximum value of ${rule.maximum}`;
  }
  if (rule.enum !== undefined && !rule.enum.includes(value)) {
    return `value '${value}' does not have a value in the enumeration '${rule.enum.join(', ')}'`;
  }
  return rule.check?.(value);
}

/** True for the ways the API spells yes. */
export function isTrue(value: string | undefined): boolean {
  return value !== undefined && ['1', 'yes', 'true', 'on'].includes(value.toLowerCase());
}

/** Reads `a=b&c=d`; a bare `;` separates too, as the server has it. */
export function parseForm(text: string): Record<string, string> {
  const out: Record<string, string> = {};
  for (const pair of text.split(/[&;]/)) {
    if (pair === '') continue;
    const equals = pair.indexOf('=');
    const name = decodeForm(equals < 0 ? pair : pair.slice(0, equals));
    const value = decodeForm(equals < 0 ? '' : pair.slice(equals + 1));
    // A parameter given twice becomes a list, joined as Perl joins it.
    out[name] = out[name] === undefined ? value : `${out[name]}\0${value}`;
  }
  return out;
}

function decodeForm(text: string): string {
  return decodeText(text.replaceAll('+', ' '));
}

/** Percent-decoding which leaves broken sequences as they are. */
export function decodeText(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** Reads a JSON body of plain values. */
export function parseJsonParams(text: string): Record<string, string> {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    throw parameterError({ body: 'unable to parse JSON' });
  }
  const out: Record<string, string> = {};
  if (typeof parsed !== 'object' || parsed === null) return out;
  for (const [name, value] of Object.entries(parsed)) {
    if (value === null || value === undefined) continue;
    if (typeof value === 'boolean') out[name] = value ? '1' : '0';
    else out[name] = typeof value === 'object' ? JSON.stringify(value) : String(value);
  }
  return out;
}
