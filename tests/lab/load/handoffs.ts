import type { OperationAnswer, OperationPlan } from '#shared/contract/agent/operations';
import type { LoadedCluster } from '#tests/lab/load/cluster';
import type { Submitter } from '#tests/lab/load/submitter';
import { ended, handoffTo, planOn, startOn } from '#tests/lab/operations';

/** One handoff under load. */
export interface Handed {
  plan: OperationPlan;
  answer: OperationAnswer;
  /** from the start that was asked for to the end as it was seen */
  tookMs: number;
  /** longest wait of a submission meanwhile */
  gapMs: number;
}

/**
 * Makes the other controller the one in control, while a loop submits, and waits until the cluster is
 * whole again.
 * @throws Error where it does not end as done
 */
export async function handOver(cluster: LoadedCluster, load: Submitter): Promise<Handed> {
  const { from, to, other } = await cluster.parts();
  const plan = await planOn(other, handoffTo(to.name));
  const since = Date.now();
  const { id } = await startOn(other, plan);
  const answer = await ended([other, from, to], id);
  const tookMs = Date.now() - since;
  // the submission that the end came upon counts too
  await load.served(2);
  const gapMs = load.longestSince(since);
  const { state, reason } = answer.operation;
  if (state !== 'done') throw new Error(`${plan.title} ended ${state}: ${reason}`);
  await cluster.whole();
  return { plan, answer, tookMs, gapMs };
}
