import type { AgentOperation, OperationWish } from '#shared/contract/agent/operations';
import { JournalWatch } from '#tests/lab/faults/journal';
import type { LoadedCluster, Parts } from '#tests/lab/load/cluster';
import { type Audit, complaints } from '#tests/lab/load/ledger';
import { Submitter, type SubmitterOptions } from '#tests/lab/load/submitter';
import { begin, ended, endedAfter, handoffTo, Refused } from '#tests/lab/operations';

/** One handoff under a fault, while it runs. */
export interface Turn extends Parts {
  readonly cluster: LoadedCluster;
  readonly watch: JournalWatch;
}

/** How a handoff ended: its state, and before it those in which a person was asked. */
export type Ending =
  | 'done'
  | 'undone'
  | `${'done' | 'stuck'}, then ${string}`
  | `refused: ${string}`;

export interface Fault {
  readonly name: string;
  /** Before anything is asked for. */
  prepare?(turn: Turn): Promise<void>;
  /** Asks for the handoff; absent: plan and start at once, on the host that is no controller. */
  begin?(turn: Turn): Promise<AgentOperation>;
  /** State of the journal at which it strikes; absent: it does not strike, or did so in `prepare`. */
  when?(operation: AgentOperation): boolean;
  strike?(turn: Turn, operation: AgentOperation): Promise<void>;
  /** Takes the fault away: when the handoff is over, or a person is asked. */
  heal?(turn: Turn): Promise<void>;
  /** What a person answers who is asked after the healing. */
  readonly answer?: OperationWish;
  /** What a person asks for after it was done. */
  readonly afterwards?: OperationWish;
  /** one of these it must be */
  readonly ends: readonly (Ending | RegExp)[];
  /** what of the account is the fault's own doing and no fault of ours, with why */
  readonly tolerates?: Partial<Record<'refused' | 'repeated' | 'lost' | 'failed', string>>;
  readonly load?: SubmitterOptions;
}

/** What came of it. */
export interface Outcome {
  fault: string;
  ending: string;
  tookMs: number;
  found: Audit;
  /** name of who is in control afterwards */
  holder: string;
  /** what is not as it must be, a sentence each; empty: all is well */
  wrong: string[];
  states: readonly AgentOperation[];
}

const LONG_JOB_S = 6;
const OVER_MS = 180_000;

/** Runs a handoff with jobs and a submission loop through a fault, and leaves the cluster whole. */
export async function runFault(cluster: LoadedCluster, fault: Fault): Promise<Outcome> {
  await cluster.whole();
  const parts = await cluster.parts();
  const turn: Turn = { ...parts, cluster, watch: await JournalWatch.open(parts.other) };
  const load = new Submitter(parts.other, fault.load);
  try {
    // one that began before and ends after: it must not notice
    await load.submit(LONG_JOB_S, ['-w', parts.other.name]);
    load.start();
    await load.served(4);
    await fault.prepare?.(turn);
    const begun = performance.now();
    const ending = await carriedOut(turn, fault);
    const tookMs = performance.now() - begun;
    await fault.heal?.(turn);
    await cluster.whole();
    await load.served(4);
    await load.stop();
    await load.settled(parts.other);
    const found = await load.audit(parts.other);
    const holder = (await cluster.parts()).from.name;
    const wrong = [...wrongEnding(fault, ending, holder, turn), ...wrongJobs(fault, found)];
    return { fault: fault.name, ending, tookMs, found, holder, wrong, states: turn.watch.seen };
  } finally {
    await load.stop();
    turn.watch.close();
  }
}

async function carriedOut(turn: Turn, fault: Fault): Promise<string> {
  const hosts = [turn.other, turn.from, turn.to];
  const { when, strike } = fault;
  const struck =
    when === undefined || strike === undefined
      ? Promise.resolve()
      : turn.watch.first((one) => when(one)).then((operation) => strike(turn, operation));
  // what a strike complains of is told where it is waited for
  struck.catch(() => undefined);
  let operation: AgentOperation;
  try {
    operation = await (fault.begin?.(turn) ?? begin(turn.other, handoffTo(turn.to.name)));
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    return `refused: ${error.code}`;
  }
  const asked = (wish: OperationWish) => endedAfter(hosts, turn.other, operation.id, wish, OVER_MS);
  const first = await ended(hosts, operation.id, OVER_MS);
  const { state } = first.operation;
  // a state that it never came to cannot strike any more
  if (turn.watch.seen.some((one) => when?.(one))) await struck;
  if (state === 'stuck') {
    await fault.heal?.(turn);
    const last = await asked(fault.answer ?? 'retry');
    return `stuck, then ${last.operation.state}`;
  }
  if (fault.afterwards === undefined || state !== 'done') return state;
  return `${state}, then ${(await asked(fault.afterwards)).operation.state}`;
}

function wrongEnding(fault: Fault, ending: string, holder: string, turn: Turn): string[] {
  const fits = fault.ends.some((one) =>
    typeof one === 'string' ? one === ending : one.test(ending),
  );
  const expected = /(^|, then )done$/.test(ending) ? turn.to : turn.from;
  const was = turn.watch.seen.at(-1)?.reason ?? '';
  return [
    ...(fits ? [] : [`It ended ${ending}${was === '' ? '' : ` (${was})`}.`]),
    ...(holder === expected.name ? [] : [`${holder} is in control and not ${expected.name}.`]),
  ];
}

function wrongJobs({ tolerates = {} }: Fault, found: Audit): string[] {
  const strict = { ...found };
  if (tolerates.refused !== undefined) strict.refused = [];
  if (tolerates.repeated !== undefined) strict.repeated = [];
  if (tolerates.lost !== undefined) strict.lost = [];
  if (tolerates.failed !== undefined) strict.failed = [];
  return complaints(strict);
}
