/** One submission, as its client saw it. */
export interface Ticket {
  /** of the loop's own making; the job carries it, whatever its number */
  nonce: string;
  /** what sbatch answered; null where it gave no number */
  id: string | null;
  /** unix ms */
  at: number;
  tookMs: number;
  /** what sbatch complained of, '' where it took the job */
  error: string;
}

/** What a job wrote itself, in the folder that all hosts share. */
export interface Trace {
  what: 'start' | 'end';
  nonce: string;
  id: string;
  host: string;
}

/** A line of SLURM's accounting file. */
export interface Account {
  id: string;
  name: string;
  state: string;
  line: string;
}

/** What became of the jobs; each list names those concerned by number, or by nonce without one. */
export interface Audit {
  /** jobs whose number a client was told */
  submitted: number;
  /** submissions that gave no number, with what was said */
  refused: string[];
  /** longest time that a client waited for its number */
  longestMs: number;
  /** told to a client, and did not run to its end, or accounting does not know it */
  lost: string[];
  /** began more than once */
  repeated: string[];
  /** ended more than once, by its own word or in accounting */
  endedTwice: string[];
  /** ended in another state than COMPLETED */
  failed: string[];
  /** one number for two jobs */
  sameNumber: string[];
  /** ran although its client was told nothing: allowed, once */
  unasked: string[];
}

/** Holds against each other what clients were told, what jobs wrote and what accounting says. */
export function audit(
  tickets: readonly Ticket[],
  traces: readonly Trace[],
  accounts: readonly Account[],
): Audit {
  const count = <T>(items: readonly T[], key: (item: T) => string) => {
    const counted = new Map<string, number>();
    for (const item of items) counted.set(key(item), (counted.get(key(item)) ?? 0) + 1);
    return counted;
  };
  const starts = count(
    traces.filter(({ what }) => what === 'start'),
    ({ nonce }) => nonce,
  );
  const ends = count(
    traces.filter(({ what }) => what === 'end'),
    ({ nonce }) => nonce,
  );
  // a job is requeued under its own number, so the state of the last line is its end
  const last = new Map(accounts.map((account) => [account.name, account]));
  const state = new Map([...last].map(([name, account]) => [name, account.state]));
  // one whose start did not reach its node is put back into the queue; what it did itself tells more
  const isEnd = (one: Account) => one.state !== 'NODE_FAIL' || last.get(one.name) === one;
  const ended = count(accounts.filter(isEnd), ({ name }) => name);
  const told = tickets.filter(({ id }) => id !== null);
  const nameOf = (nonce: string) => tickets.find((one) => one.nonce === nonce)?.id ?? nonce;
  const more = (counted: ReadonlyMap<string, number>) =>
    [...counted].flatMap(([key, times]) => (times > 1 ? [key] : []));
  const nonces = new Set(tickets.map(({ nonce }) => nonce));
  const ours = (nonce: string) => nonces.has(nonce);
  return {
    submitted: told.length,
    refused: tickets.flatMap(({ id, error }) => (id === null ? [error] : [])),
    longestMs: Math.max(0, ...tickets.map(({ tookMs }) => tookMs)),
    lost: told.flatMap(({ nonce, id }) =>
      starts.has(nonce) && ends.has(nonce) && ended.has(nonce) ? [] : [id ?? nonce],
    ),
    repeated: more(starts).filter(ours).map(nameOf),
    endedTwice: [...new Set([...more(ends), ...more(ended)])].filter(ours).map(nameOf),
    failed: [...state].flatMap(([nonce, one]) =>
      ours(nonce) && one !== 'COMPLETED'
        ? [`${nameOf(nonce)} ${whereAndHow(last.get(nonce)?.line ?? '')}`.trim()]
        : [],
    ),
    sameNumber: more(count(told, ({ id }) => id ?? '')),
    unasked: tickets.flatMap(({ id, nonce }) => (id === null && starts.has(nonce) ? [nonce] : [])),
  };
}

/** As `on a3, ExitCode=1:0`: all jobs of one node say something else than one of each. */
function whereAndHow(line: string): string {
  const [, node] = /\bNodeList=(\S+)/.exec(line) ?? [];
  const [code] = /\bExitCode=\S+/.exec(line) ?? [];
  return [node === undefined ? '' : `on ${node}`, code ?? '']
    .filter((text) => text !== '')
    .join(', ');
}

/** Whether each job that a client was told of ran exactly once, and no submission was refused. */
export const isClean = (found: Audit): boolean => complaints(found).length === 0;

/** What is not as it should be, a sentence each. */
export function complaints(found: Audit): string[] {
  const sentences: [string, readonly string[]][] = [
    ['refused', found.refused],
    ['lost', found.lost],
    ['repeated', found.repeated],
    ['ended twice', found.endedTwice],
    ['failed', found.failed],
    ['have one number', found.sameNumber],
  ];
  return sentences.flatMap(([what, which]) =>
    which.length === 0 ? [] : [`${which.length} ${what}: ${which.slice(0, 5).join(', ')}`],
  );
}

/** Reads what the jobs wrote. */
export function readTraces(text: string): Trace[] {
  return [...text.matchAll(/^(start|end) (\S+) (\d+) (\S+)$/gm)].map(
    ([, what, nonce = '', id = '', host = '']) => ({
      what: what === 'start' ? 'start' : 'end',
      nonce,
      id,
      host,
    }),
  );
}

/** Reads what SLURM's `jobcomp/filetxt` wrote. */
export function readAccounts(text: string): Account[] {
  return text.split('\n').flatMap((line) => {
    const [, id, name, state] = /^JobId=(\d+) .*?\bName=(\S*) JobState=(\w+)/.exec(line) ?? [];
    return id === undefined || name === undefined || state === undefined
      ? []
      : [{ id, name, state, line }];
  });
}
