import { fitsGlob, folded } from './glob';
import { type Comparison, compare, parseComparison, type Scale } from './query-numbers';
import { type QueryError, type Span, tokens } from './query-tokens';

interface NumberField<Subject> {
  scale: Scale;
  value: (subject: Subject) => number | null;
  /** what `>90%` is a share of */
  whole?: (subject: Subject) => number | null;
}

interface QueryHelp {
  field: string;
  example: string;
  meaning: string;
}

/** What can be asked of one kind of thing. */
interface Definition<Subject> {
  words: Readonly<Record<string, (subject: Subject) => readonly (string | null)[]>>;
  numbers: Readonly<Record<string, NumberField<Subject>>>;
  /** for `is:` */
  flags: Readonly<Record<string, (subject: Subject) => boolean>>;
  /** flags that are fields of their own too, as in `template:true` */
  booleans?: readonly string[];
  /** fields of `words` that are found by a part; the others are whole words unless they have wildcards */
  byPart: readonly string[];
  /** where a word without a field is searched for */
  searched: (subject: Subject) => readonly string[];
  /** the fields with an example of each, for help and for errors */
  help: readonly QueryHelp[];
}

/** One condition; all conditions of a query must hold. */
type Term = Span & { negated: boolean } & (
    | { kind: 'text'; text: string }
    | { kind: 'words'; field: string; patterns: string[] }
    | { kind: 'number'; field: string; comparisons: Comparison[] }
    | { kind: 'flag'; flag: string; wanted: boolean }
  );

export interface Query {
  terms: Term[];
}

export type ParsedQuery = { ok: true; query: Query } | { ok: false; error: QueryError };

export interface QueryLanguage<Subject> {
  help: readonly QueryHelp[];
  /** the conditions, or what is wrong and from which to which character */
  parse: (source: string) => ParsedQuery;
  /** turns a query into a test, prepared once so that many rows are quick */
  matcher: (query: Query) => (subject: Subject) => boolean;
}

/**
 * A language in which conditions beside each other must all hold, commas mean "one of these", a
 * minus turns a condition round and quotes keep words together.
 */
export function queryLanguage<Subject>(definition: Definition<Subject>): QueryLanguage<Subject> {
  return {
    help: definition.help,
    parse: (source) => parse(definition, source),
    matcher(query) {
      const tests = query.terms.map((term) => {
        const test = termTest(definition, term);
        return term.negated ? (subject: Subject) => !test(subject) : test;
      });
      return (subject) => tests.every((test) => test(subject));
    },
  };
}

const own = <Value>(record: Readonly<Record<string, Value>>, key: string): Value | undefined =>
  Object.hasOwn(record, key) ? record[key] : undefined;

function parse<Subject>(definition: Definition<Subject>, source: string): ParsedQuery {
  const terms: Term[] = [];
  for (const token of tokens(source)) {
    if ('message' in token) return { ok: false, error: token };
    const term = toTerm(definition, token);
    if ('message' in term) return { ok: false, error: term };
    terms.push(term);
  }
  return { ok: true, query: { terms } };
}

type Token = Exclude<ReturnType<typeof tokens>[number], QueryError>;

function toTerm<Subject>(definition: Definition<Subject>, token: Token): Term | QueryError {
  const { words, numbers, flags, booleans = [], help } = definition;
  const { negated, field, values, valueSpan, ...span } = token;
  const wrong = (message: string, at: Span = span): QueryError => ({
    message,
    from: at.from,
    to: at.to,
  });
  const example = help.find((entry) => entry.field === field)?.example ?? `${field}:value`;
  if (field === null) return { ...span, negated, kind: 'text', text: folded(values.join(',')) };
  if (values.length === 0) return wrong(`Say what ${field} should be, as in ${example}.`);
  if (own(words, field)) {
    return { ...span, negated, kind: 'words', field, patterns: values.map(folded) };
  }
  const number = own(numbers, field);
  if (number) {
    const comparisons: Comparison[] = [];
    for (const value of values) {
      const comparison = parseComparison(value, number.scale, number.whole !== undefined);
      if (comparison === null) {
        return wrong(`“${value}” is no number here; write it as in ${example}.`, valueSpan);
      }
      comparisons.push(comparison);
    }
    return { ...span, negated, kind: 'number', field, comparisons };
  }
  const [value = ''] = values.map(folded);
  if (field === 'is') {
    if (own(flags, value)) return { ...span, negated, kind: 'flag', flag: value, wanted: true };
    return wrong(`“is:” knows ${Object.keys(flags).join(', ')}.`, valueSpan);
  }
  if (booleans.includes(field)) {
    const wanted = ['true', 'yes', '1'].includes(value);
    if (wanted || ['false', 'no', '0'].includes(value)) {
      return { ...span, negated, kind: 'flag', flag: field, wanted };
    }
    return wrong(`“${field}:” is true or false.`, valueSpan);
  }
  const names = help.map((entry) => entry.field).join(', ');
  return wrong(
    `There is no field “${field}”. Fields are ${names}. Quote it to search for the text.`,
  );
}

function termTest<Subject>(
  definition: Definition<Subject>,
  term: Term,
): (subject: Subject) => boolean {
  switch (term.kind) {
    case 'text':
      return (subject) =>
        definition.searched(subject).some((word) => folded(word).includes(term.text));
    case 'words': {
      const read = own(definition.words, term.field) ?? (() => []);
      const byPart = definition.byPart.includes(term.field);
      const fits = term.patterns.map((pattern) => wordTest(pattern, byPart));
      return (subject) =>
        read(subject).some((word) => {
          if (word === null) return false;
          const text = folded(word);
          return fits.some((test) => test(text));
        });
    }
    case 'number': {
      const field = own(definition.numbers, term.field);
      return (subject) =>
        term.comparisons.some((wanted) =>
          compare(wanted, field?.value(subject) ?? null, field?.whole?.(subject) ?? null),
        );
    }
    case 'flag': {
      const test = own(definition.flags, term.flag);
      return (subject) => test?.(subject) === term.wanted;
    }
  }
}

function wordTest(pattern: string, byPart: boolean): (text: string) => boolean {
  if (/[*?]/.test(pattern)) return (text) => fitsGlob(text, pattern);
  return byPart ? (text) => text.includes(pattern) : (text) => text === pattern;
}
