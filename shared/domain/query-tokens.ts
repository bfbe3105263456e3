/** Characters [from, to) of the query's text. */
export interface Span {
  from: number;
  to: number;
}

/** What is wrong with a query, in a sentence, and where. */
export interface QueryError extends Span {
  message: string;
}

interface Token extends Span {
  negated: boolean;
  /** null: a bare word */
  field: string | null;
  /** what stands after the colon, split at commas outside of quotes */
  values: string[];
  valueSpan: Span;
}

/** Cuts a query at spaces outside of quotes; the last item is an error where a quote stays open. */
export function tokens(source: string): Array<Token | QueryError> {
  const found: Array<Token | QueryError> = [];
  let at = 0;
  while (at < source.length) {
    if (/\s/.test(source.charAt(at))) {
      at += 1;
      continue;
    }
    const token = readToken(source, at);
    found.push(token);
    if ('message' in token) return found;
    at = token.to;
  }
  return found;
}

function readToken(source: string, from: number): Token | QueryError {
  // a lone minus is a word like any other
  const negated = source.charAt(from) === '-' && /\S/.test(source.charAt(from + 1));
  const start = negated ? from + 1 : from;
  const named = /^([a-z]+):/i.exec(source.slice(start));
  const valueFrom = start + (named?.[0].length ?? 0);
  const read = readValues(source, valueFrom);
  if (read === null) {
    return { message: 'A quotation mark is missing at the end.', from, to: source.length };
  }
  return {
    negated,
    field: named?.[1]?.toLowerCase() ?? null,
    values: read.values,
    from,
    to: read.to,
    valueSpan: { from: valueFrom, to: read.to },
  };
}

function readValues(source: string, from: number): { values: string[]; to: number } | null {
  const values: string[] = [];
  let value = '';
  let quoted = false;
  let at = from;
  for (; at < source.length; at += 1) {
    const character = source.charAt(at);
    if (character === '"') quoted = !quoted;
    else if (!quoted && /\s/.test(character)) break;
    else if (!quoted && character === ',') {
      values.push(value);
      value = '';
    } else value += character;
  }
  if (quoted) return null;
  values.push(value);
  return { values: values.filter((text) => text !== ''), to: at };
}
