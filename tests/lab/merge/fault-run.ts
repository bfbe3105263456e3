import type {
  AgentOperation,
  OperationPlan,
  OperationWish,
} from '#shared/contract/agent/operations';
import { broken } from '#tests/lab/faults/all';
import { JournalWatch } from '#tests/lab/faults/journal';
import type { Outcome } from '#tests/lab/faults/run';
import { complaints } from '#tests/lab/load/ledger';
import { TwoClusters } from '#tests/lab/merge/clusters';
import { CALM, type MergeFault, type MergeTurn, mergeFaults } from '#tests/lab/merge/faults';
import { MergeLoad } from '#tests/lab/merge/load';
import { partBoth } from '#tests/lab/merge/run';
import { ended, endedAfter, Refused, startOn } from '#tests/lab/operations';

/** What came of a merge under a fault. */
export interface MergeOutcome extends Omit<Outcome, 'states'> {
  /** whether the clusters became whole afterwards, as one or as two */
  isWhole: boolean;
  /** ids of the steps that it had */
  steps: string[];
}

/** jobs that run in the cluster that is taken up when it begins */
const RUN_S = 5;
const OVER_MS = 400_000;

/** Merges with jobs on both sides through a fault, and leaves two whole clusters. */
export async function runMergeFault(
  clusters: TwoClusters,
  fault: MergeFault,
): Promise<MergeOutcome> {
  await clusters.apart();
  const load = new MergeLoad(clusters);
  const watch = await JournalWatch.open(clusters.host('a2'));
  const turn: MergeTurn = { clusters, load, watch };
  try {
    load.staying.start();
    await load.staying.served(2);
    const plan = await clusters.plan();
    await load.fill(RUN_S);
    await fault.prepare?.(turn);
    const begun = performance.now();
    const { ending, operation } = await carriedOut(turn, fault, plan);
    const tookMs = performance.now() - begun;
    await fault.heal?.(turn);
    const isOne = /(^|, then )done$/.test(ending);
    if (ending.endsWith('stuck')) throw new Error(`It ended ${ending}: ${operation?.reason ?? ''}`);
    await (isOne ? clusters.one() : clusters.apart());
    if (isOne) await partBoth(clusters, operation?.id ?? '');
    await load.staying.served(2);
    await load.stop();
    await load.settled();
    const found = await load.audit();
    const fits = fault.ends.includes(ending);
    const reason = watch.seen.findLast((one) => one.reason !== '')?.reason ?? '';
    const wrong = [
      ...(fits ? [] : [`It ended ${ending}${reason === '' ? '' : ` (${reason})`}.`]),
      ...complaints(fault.refuses === true ? { ...found, refused: [] } : found),
    ];
    const steps = operation?.steps.map(({ id }) => id) ?? [];
    const holder = await inControl(clusters);
    return { fault: fault.name, ending, tookMs, found, holder, isWhole: true, wrong, steps };
  } finally {
    await load.stop();
    watch.close();
  }
}

/** Name of who is in control of the jobs of the cluster that stays. */
async function inControl(clusters: TwoClusters): Promise<string> {
  const { stdout } = await clusters.host('a3').exec(['scontrol', 'ping']);
  return / at (\S+) is UP/.exec(stdout)?.[1] ?? 'nobody';
}

async function carriedOut(
  turn: MergeTurn,
  fault: MergeFault,
  plan: OperationPlan,
): Promise<{ ending: string; operation: AgentOperation | null }> {
  const { clusters, watch } = turn;
  const a1 = clusters.host('a1');
  const { when, strike } = fault;
  const struck =
    when === undefined || strike === undefined
      ? Promise.resolve()
      : watch.first((one) => when(one)).then((operation) => strike(turn, operation));
  // what a strike complains of is told where it is waited for
  struck.catch(() => undefined);
  let started: AgentOperation;
  try {
    started = await (fault.begin?.(turn) ?? startOn(a1, plan));
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    return { ending: `refused: ${error.code}`, operation: null };
  }
  const hosts = clusters.staying;
  const asked = (wish: OperationWish) =>
    endedAfter(hosts, hosts.find(({ isOn }) => isOn) ?? a1, started.id, wish, OVER_MS);
  let answer = await ended(hosts, started.id, OVER_MS);
  const endings: string[] = [answer.operation.state];
  // a state that it never came to cannot strike any more
  if (watch.seen.some((one) => when?.(one))) await struck;
  if (answer.operation.state === 'stuck') {
    await fault.heal?.(turn);
    await clusters.answer();
    answer = await asked(fault.answer ?? 'retry');
    endings.push(answer.operation.state);
  }
  if (answer.operation.state === 'done' && fault.afterwards !== undefined) {
    answer = await asked(fault.afterwards);
    endings.push(answer.operation.state);
    await struck;
  }
  return { ending: endings.join(', then '), operation: answer.operation };
}

/**
 * A calm merge and then each fault whose name matches, one after another.
 * @param tell of each as it ends
 */
export async function runMergeFaults(
  only: RegExp,
  tell: (outcome: MergeOutcome) => void,
): Promise<MergeOutcome[]> {
  let clusters = await TwoClusters.start();
  try {
    const calm = await runMergeFault(clusters, CALM);
    tell(calm);
    const outcomes = [calm];
    for (const fault of mergeFaults(calm.steps).filter(({ name }) => only.test(name))) {
      const outcome = await runMergeFault(clusters, fault).catch((error: unknown) => ({
        ...broken(fault, error),
        isWhole: false,
        steps: [],
      }));
      outcomes.push(outcome);
      tell(outcome);
      if (outcome.isWhole) continue;
      // what it left is no ground for the next one
      await clusters.lab.down();
      clusters = await TwoClusters.start();
    }
    return outcomes;
  } finally {
    await clusters.lab.down();
  }
}
