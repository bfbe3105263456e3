import { damaged } from './refusals';

const MAX_DEPTH = 24;
/** ten thousand clusters with all their endpoints have a tenth of it */
const MAX_VALUES = 4_000_000;
const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const OPENING = new Set([0x5b, 0x7b]);
const CLOSING = new Set([0x5d, 0x7d]);

/**
 * Parses JSON from a file of somebody else. Depth and number of values are looked at first, since
 * a small text of brackets becomes a large heap.
 * @throws Failure FILE_DAMAGED
 */
export function parseForeignJson(bytes: Uint8Array): unknown {
  checkShape(bytes);
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    return JSON.parse(text);
  } catch {
    throw damaged('What is in it is no JSON.');
  }
}

function checkShape(bytes: Uint8Array): void {
  let depth = 0;
  let values = 1;
  for (let at = 0; at < bytes.length; at += 1) {
    const byte = bytes[at] ?? 0;
    if (byte === QUOTE) at = endOfString(bytes, at);
    else if (byte === COMMA) values += 1;
    else if (OPENING.has(byte)) {
      depth += 1;
      values += 1;
      if (depth > MAX_DEPTH) throw damaged('It is nested too deeply.');
    } else if (CLOSING.has(byte)) depth -= 1;
  }
  if (values > MAX_VALUES) throw damaged('It has too many values.');
}

/** @returns where the closing quote stands */
function endOfString(bytes: Uint8Array, start: number): number {
  let at = start + 1;
  while (at < bytes.length && bytes[at] !== QUOTE) at += bytes[at] === BACKSLASH ? 2 : 1;
  return at;
}
