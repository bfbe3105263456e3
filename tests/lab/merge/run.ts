import type { OperationAnswer, OperationPlan } from '#shared/contract/agent/operations';
import { AwayWatch } from '#tests/lab/merge/away';
import type { TwoClusters } from '#tests/lab/merge/clusters';
import type { MergeLoad } from '#tests/lab/merge/load';
import { ended, endedAfter, startOn } from '#tests/lab/operations';

const PATIENCE_MS = 300_000;

/** One merge as it was seen from outside. */
export interface Merged {
  plan: OperationPlan;
  answer: OperationAnswer;
  /** from the start that was asked for to the end as it was seen */
  tookMs: number;
  /** the same without the time in which jobs of people were waited for */
  workMs: number;
  /** longest wait of a submission in the cluster that stays */
  gapMs: number;
  /** of the canary: from the last moment idle at its old place to the first at its new one */
  awayMs: number;
}

/**
 * Merges both while somebody submits, and waits until they are one.
 * @param seconds that jobs run on each node of the cluster that is taken up, with others behind them
 * @param onFilled when they do, before it starts
 * @throws Error where it does not end as done
 */
export async function mergeBoth(
  clusters: TwoClusters,
  load: MergeLoad,
  seconds: number,
  onFilled: () => Promise<void> = async () => undefined,
): Promise<Merged> {
  const plan = await clusters.plan();
  // jobs come and go: they are nothing that a plan rests on
  await load.fill(seconds);
  await onFilled();
  const away = new AwayWatch('b2', clusters.host('b1'), clusters.host('a1'));
  try {
    const since = Date.now();
    const { id } = await startOn(clusters.host('a1'), plan);
    const answer = await ended(clusters.staying, id, PATIENCE_MS);
    const tookMs = Date.now() - since;
    const { state, reason, steps } = answer.operation;
    if (state !== 'done') throw new Error(`${plan.title} ended ${state}: ${reason}`);
    await clusters.one();
    // the submission that the end came upon counts too
    await load.staying.served(2);
    const waited = steps
      .filter((step) => /^(empty-|left)/.test(step.id))
      .map(({ started_at, ended_at }) => (ended_at ?? 0) - (started_at ?? 0));
    const waitedMs = waited.reduce((sum, ms) => sum + Math.max(0, ms), 0);
    const gapMs = load.staying.longestSince(since);
    return { plan, answer, tookMs, workMs: tookMs - waitedMs, gapMs, awayMs: away.awayMs };
  } finally {
    await away.stop();
  }
}

/** Takes it back, and waits until both are whole by themselves. @returns how long the operation took, ms */
export async function partBoth(clusters: TwoClusters, id: string): Promise<number> {
  const since = Date.now();
  const a1 = clusters.host('a1');
  const { operation } = await endedAfter(clusters.staying, a1, id, 'rollback', PATIENCE_MS);
  const tookMs = Date.now() - since;
  const { state, reason } = operation;
  if (state !== 'undone') throw new Error(`The rollback ended ${state}: ${reason}`);
  await clusters.apart();
  return tookMs;
}
