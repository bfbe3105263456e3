import { readFile } from 'node:fs/promises';
import { type Document, isMap, isNode, LineCounter, parseDocument } from 'yaml';
import { z } from 'zod';
import { fail } from '#shared/contract/errors';
import { codeOf } from '../host/error-code';
import { nearest } from './nearest';
import { type AgentConfig, agentConfig } from './schema';

/** One finding in a configuration file. Lines and columns count from 1. */
export interface ConfigNote {
  line: number;
  column: number;
  /** dotted, as `api.port` */
  key: string;
  message: string;
}

export interface ReadConfig {
  config: AgentConfig;
  /** unknown keys, which were ignored */
  warnings: ConfigNote[];
  /** null: there is no file, so that everything has its default */
  path: string | null;
}

const MAX_BYTES = 1024 * 1024;
/** against documents that unfold to more than memory holds */
const MAX_ALIASES = 20;

/**
 * Reads and checks the configuration.
 * @param options.optional a file that does not exist is as good as an empty one
 * @throws Failure NOT_FOUND | INVALID_INPUT with `fields` naming each wrong key, its line and column
 */
export async function readConfig(
  path: string,
  options: { optional?: boolean } = {},
): Promise<ReadConfig> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    if (codeOf(error) === 'ENOENT' && options.optional === true) {
      return { ...parseConfig('', path), path: null };
    }
    const remedy = 'Name a file that exists and that you may read with --config.';
    throw fail('NOT_FOUND', { remedy, path }, `${path} cannot be read (${codeOf(error)}).`);
  }
  return { ...parseConfig(text, path), path };
}

/** @param path for messages */
export function parseConfig(text: string, path: string): Omit<ReadConfig, 'path'> {
  if (text.length > MAX_BYTES) throw refused(path, [at(1, 1, '', 'The file is too large.')]);
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, uniqueKeys: true });
  const position = (offset: number) => {
    const { line, col } = lines.linePos(offset);
    return { line: Math.max(1, line), column: Math.max(1, col) };
  };
  if (document.errors.length > 0) {
    throw refused(
      path,
      document.errors.map(({ pos, message }) => {
        const { line, column } = position(pos[0]);
        return at(line, column, '', `${message.split('\n')[0]?.replace(/ at line \d+.*$/, '')}.`);
      }),
    );
  }
  const value = plain(document, path);
  const where = (keys: readonly PropertyKey[]) => {
    // a missing key stands where its parent does
    for (let depth = keys.length; depth > 0; depth -= 1) {
      const node = keyNode(document.contents, keys.slice(0, depth));
      if (node !== null) return position(node);
    }
    return { line: 1, column: 1 };
  };
  const parsed = agentConfig.safeParse(value);
  if (!parsed.success) {
    throw refused(
      path,
      parsed.error.issues.map((issue) => {
        const { line, column } = where(issue.path);
        return at(line, column, issue.path.join('.'), issue.message);
      }),
    );
  }
  const warnings = unknownKeys(value, agentConfig).map(({ keys, hint }) => {
    const { line, column } = where(keys);
    const key = keys.join('.');
    return at(line, column, key, `"${key}" is not known and was ignored.${hint}`);
  });
  return { config: parsed.data, warnings };
}

function plain(document: Document, path: string): unknown {
  try {
    return withoutNulls(document.toJS({ maxAliasCount: MAX_ALIASES })) ?? {};
  } catch {
    throw refused(path, [at(1, 1, '', 'It has too many aliases.')]);
  }
}

/** A key without a value, as a section of which everything is commented out, is as good as none. */
function withoutNulls(value: unknown): unknown {
  if (value === null) return undefined;
  if (typeof value !== 'object' || Array.isArray(value)) return value;
  return Object.fromEntries(
    Object.entries(value)
      .map(([key, inner]) => [key, withoutNulls(inner)] as const)
      .filter(([, inner]) => inner !== undefined),
  );
}

const at = (line: number, column: number, key: string, message: string): ConfigNote => ({
  line,
  column,
  key,
  message,
});

/** Offset of the key at a path; null where it is not in the document. */
function keyNode(contents: unknown, keys: readonly PropertyKey[]): number | null {
  let node = contents;
  let offset: number | null = null;
  for (const key of keys) {
    if (isMap(node)) {
      const pair = node.items.find((item) => String(item.key) === String(key));
      if (pair === undefined) return null;
      offset = isNode(pair.key) ? (pair.key.range?.[0] ?? null) : null;
      node = pair.value;
    } else {
      const item = hasItems(node) ? node.items[Number(key)] : undefined;
      if (item === undefined) return null;
      offset = isNode(item) ? (item.range?.[0] ?? null) : null;
      node = item;
    }
  }
  return offset;
}

const hasItems = (node: unknown): node is { items: unknown[] } =>
  typeof node === 'object' && node !== null && 'items' in node && Array.isArray(node.items);

interface Unknown {
  keys: string[];
  hint: string;
}

/** Keys of a value that its schema does not name, with the nearest that it does. */
function unknownKeys(value: unknown, schema: z.ZodType, above: string[] = []): Unknown[] {
  const object = objectOf(schema);
  if (object === null || typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) => {
    const known = object.shape[key];
    if (known !== undefined) return unknownKeys(inner, known, [...above, key]);
    const guess = nearest(key, Object.keys(object.shape));
    const hint = guess === null ? '' : ` Did you mean "${[...above, guess].join('.')}"?`;
    return [{ keys: [...above, key], hint }];
  });
}

/** The object inside of defaults. */
function objectOf(schema: unknown): z.ZodObject<Record<string, z.ZodType>> | null {
  if (schema instanceof z.ZodObject) return schema as z.ZodObject<Record<string, z.ZodType>>;
  if (schema instanceof z.ZodPrefault || schema instanceof z.ZodDefault) {
    return objectOf(schema.unwrap());
  }
  return null;
}

function refused(path: string, notes: ConfigNote[]) {
  const fields = Object.fromEntries(
    notes.map(({ line, column, key, message }) => [
      `${path}:${line}:${column}`,
      key === '' ? message : `${key}: ${message}`,
    ]),
  );
  return fail(
    'INVALID_INPUT',
    { remedy: 'Correct the named lines; nothing was started.', path, fields },
    notes.length === 1
      ? 'The configuration has a mistake.'
      : `The configuration has ${notes.length} mistakes.`,
  );
}
