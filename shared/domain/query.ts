import { fitsGlob, folded } from './glob';
import { type Comparison, compare, parseComparison, type Scale } from './query-numbers';
import { type QueryError, type Span, tokens } from './query-tokens';

/** What the query looks at of one guest; a row of the inventory has it. */
export interface QueriedGuest {
  vmid: number;
  kind: 'qemu' | 'lxc';
  node: string;
  name: string;
  status: string;
  template: boolean;
  tags: readonly string[];
  pool: string | null;
  lock: string | null;
  haState: string | null;
  cpu: number | null;
  maxCpu: number | null;
  mem: number | null;
  maxMem: number | null;
  maxDisk: number | null;
  uptimeS: number | null;
}

/** What the query looks at of the guest's cluster. */
export interface QueriedCluster {
  clusterId: string;
  name: string;
}

type Words = (guest: QueriedGuest, cluster: QueriedCluster) => ReadonlyArray<string | null>;

const WORD_FIELDS = {
  name: (guest) => [guest.name],
  status: (guest) => [guest.status],
  tag: (guest) => guest.tags,
  node: (guest) => [guest.node],
  cluster: (_, cluster) => [cluster.clusterId, cluster.name],
  pool: (guest) => [guest.pool],
  lock: (guest) => [guest.lock],
  ha: (guest) => [guest.haState],
  type: (guest) => (guest.kind === 'qemu' ? ['qemu', 'vm'] : ['lxc', 'ct', 'container']),
} satisfies Record<string, Words>;

const NUMBER_FIELDS = {
  vmid: { scale: 'plain', value: (guest) => guest.vmid },
  cpu: { scale: 'percent', value: (guest) => guest.cpu },
  cores: { scale: 'plain', value: (guest) => guest.maxCpu },
  mem: { scale: 'bytes', value: (guest) => guest.mem, whole: (guest) => guest.maxMem },
  maxmem: { scale: 'bytes', value: (guest) => guest.maxMem },
  disk: { scale: 'bytes', value: (guest) => guest.maxDisk },
  uptime: { scale: 'seconds', value: (guest) => guest.uptimeS },
} satisfies Record<
  string,
  {
    scale: Scale;
    value: (guest: QueriedGuest) => number | null;
    whole?: (guest: QueriedGuest) => number | null;
  }
>;

const FLAGS = {
  template: (guest) => guest.template,
  running: (guest) => guest.status === 'running',
  stopped: (guest) => guest.status === 'stopped' && !guest.template,
  unknown: (guest) => guest.status === 'unknown',
  locked: (guest) => guest.lock !== null,
  ha: (guest) => guest.haState !== null,
} satisfies Record<string, (guest: QueriedGuest) => boolean>;

type WordField = keyof typeof WORD_FIELDS;
type NumberField = keyof typeof NUMBER_FIELDS;
type Flag = keyof typeof FLAGS;

/** One condition; all conditions of a query must hold. */
type Term = Span & { negated: boolean } & (
    | { kind: 'text'; text: string }
    | { kind: 'words'; field: WordField; patterns: string[] }
    | { kind: 'number'; field: NumberField; comparisons: Comparison[] }
    | { kind: 'flag'; flag: Flag; wanted: boolean }
  );

export interface Query {
  terms: Term[];
}

export type ParsedQuery = { ok: true; query: Query } | { ok: false; error: QueryError };

const has = <Key extends string>(record: Record<Key, unknown>, key: string): key is Key =>
  Object.hasOwn(record, key);

/** The fields a query may name, with an example of each, for help and completion. */
export const QUERY_HELP: ReadonlyArray<{ field: string; example: string; meaning: string }> = [
  { field: 'status', example: 'status:running', meaning: 'in this state' },
  {
    field: 'name',
    example: 'name:web*',
    meaning: 'the name contains it; * and ? stand for anything',
  },
  { field: 'tag', example: 'tag:exam,lab', meaning: 'has one of these tags' },
  { field: 'node', example: 'node:pve3', meaning: 'on this node' },
  { field: 'cluster', example: 'cluster:prod*', meaning: 'in this cluster, by id or name' },
  { field: 'type', example: 'type:lxc', meaning: 'vm or lxc' },
  { field: 'pool', example: 'pool:students', meaning: 'in this pool' },
  { field: 'lock', example: 'lock:backup', meaning: 'locked by this' },
  { field: 'ha', example: 'ha:started', meaning: 'in this state of high availability' },
  { field: 'vmid', example: 'vmid:100-120', meaning: 'with an id in this range' },
  { field: 'cpu', example: 'cpu:>80', meaning: 'per cent of its cores in use' },
  { field: 'cores', example: 'cores:>=8', meaning: 'cores it has' },
  { field: 'mem', example: 'mem:>4G', meaning: 'memory in use, also in per cent: mem:>90%' },
  { field: 'maxmem', example: 'maxmem:>=16G', meaning: 'memory it has' },
  { field: 'disk', example: 'disk:>100G', meaning: 'size of its disk' },
  { field: 'uptime', example: 'uptime:>7d', meaning: 'running for longer than this' },
  { field: 'is', example: 'is:template', meaning: `one of ${Object.keys(FLAGS).join(', ')}` },
  {
    field: 'template',
    example: '-template:true',
    meaning: 'a minus before a condition turns it round',
  },
];

/**
 * Reads a query: conditions beside each other must all hold, commas mean "one of these", a minus
 * turns a condition round, quotes keep words together, a word without a field is searched for
 * in name, id, tags, node, pool and cluster.
 * @returns the conditions, or what is wrong and from which to which character
 */
export function parseQuery(source: string): ParsedQuery {
  const terms: Term[] = [];
  for (const token of tokens(source)) {
    if ('message' in token) return { ok: false, error: token };
    const term = toTerm(token);
    if ('message' in term) return { ok: false, error: term };
    terms.push(term);
  }
  return { ok: true, query: { terms } };
}

function toTerm(token: Exclude<ReturnType<typeof tokens>[number], QueryError>): Term | QueryError {
  const { negated, field, values, valueSpan, ...span } = token;
  const wrong = (message: string, at: Span = span): QueryError => ({
    message,
    from: at.from,
    to: at.to,
  });
  if (field === null) return { ...span, negated, kind: 'text', text: folded(values.join(',')) };
  if (values.length === 0) return wrong(`Say what ${field} should be, as in ${example(field)}.`);
  if (has(WORD_FIELDS, field)) {
    return { ...span, negated, kind: 'words', field, patterns: values.map(folded) };
  }
  if (has(NUMBER_FIELDS, field)) {
    const { scale, ...rest } = NUMBER_FIELDS[field];
    const comparisons: Comparison[] = [];
    for (const value of values) {
      const comparison = parseComparison(value, scale, 'whole' in rest);
      if (comparison === null) {
        return wrong(`“${value}” is no number here; write it as in ${example(field)}.`, valueSpan);
      }
      comparisons.push(comparison);
    }
    return { ...span, negated, kind: 'number', field, comparisons };
  }
  const [value = ''] = values.map(folded);
  if (field === 'is') {
    if (has(FLAGS, value)) return { ...span, negated, kind: 'flag', flag: value, wanted: true };
    return wrong(`“is:” knows ${Object.keys(FLAGS).join(', ')}.`, valueSpan);
  }
  if (field === 'template') {
    const wanted = ['true', 'yes', '1'].includes(value);
    if (wanted || ['false', 'no', '0'].includes(value)) {
      return { ...span, negated, kind: 'flag', flag: 'template', wanted };
    }
    return wrong('“template:” is true or false.', valueSpan);
  }
  const names = QUERY_HELP.map((help) => help.field).join(', ');
  return wrong(
    `There is no field “${field}”. Fields are ${names}. Quote it to search for the text.`,
  );
}

function example(field: string): string {
  return QUERY_HELP.find((help) => help.field === field)?.example ?? `${field}:value`;
}

/** Turns a query into a test for rows, prepared once so that many rows are quick. */
export function matcher(query: Query): (guest: QueriedGuest, cluster: QueriedCluster) => boolean {
  const tests = query.terms.map((term) => {
    const test = termTest(term);
    return term.negated
      ? (guest: QueriedGuest, cluster: QueriedCluster) => !test(guest, cluster)
      : test;
  });
  return (guest, cluster) => tests.every((test) => test(guest, cluster));
}

function termTest(term: Term): (guest: QueriedGuest, cluster: QueriedCluster) => boolean {
  switch (term.kind) {
    case 'text':
      return (guest, cluster) => searched(guest, cluster).some((word) => word.includes(term.text));
    case 'words': {
      const read: Words = WORD_FIELDS[term.field];
      const fits = term.patterns.map((pattern) => wordTest(pattern, term.field));
      return (guest, cluster) =>
        read(guest, cluster).some((word) => {
          if (word === null) return false;
          const text = folded(word);
          return fits.some((test) => test(text));
        });
    }
    case 'number': {
      const field = NUMBER_FIELDS[term.field];
      const whole = 'whole' in field ? field.whole : () => null;
      return (guest) =>
        term.comparisons.some((wanted) => compare(wanted, field.value(guest), whole(guest)));
    }
    case 'flag': {
      const test: (guest: QueriedGuest) => boolean = FLAGS[term.flag];
      return (guest) => test(guest) === term.wanted;
    }
  }
}

/** Names are found by a part of them; everything else is a whole word unless it has wildcards. */
function wordTest(pattern: string, field: WordField): (text: string) => boolean {
  if (/[*?]/.test(pattern)) return (text) => fitsGlob(text, pattern);
  if (field === 'name') return (text) => text.includes(pattern);
  return (text) => text === pattern;
}

function searched(guest: QueriedGuest, cluster: QueriedCluster): string[] {
  return [
    guest.name,
    String(guest.vmid),
    ...guest.tags,
    guest.node,
    guest.pool ?? '',
    cluster.clusterId,
    cluster.name,
  ].map(folded);
}
