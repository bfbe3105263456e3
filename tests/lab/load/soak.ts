import type { LoadedCluster } from '#tests/lab/load/cluster';
import { type Handed, handOver } from '#tests/lab/load/handoffs';
import { type Audit, complaints } from '#tests/lab/load/ledger';
import { Submitter } from '#tests/lab/load/submitter';

/** Many handoffs back and forth under load. */
export interface Soak {
  handed: Handed[];
  found: Audit;
  /** a sentence for each thing that is not as it must be */
  wrong: string[];
}

const LONG_JOB_S = 20;

/** @param tell of each handoff as it ends, counted from 1 */
export async function soak(
  cluster: LoadedCluster,
  rounds: number,
  tell: (round: number, handed: Handed) => void = () => undefined,
): Promise<Soak> {
  const { other } = await cluster.parts();
  const load = new Submitter(other);
  load.start();
  const handed: Handed[] = [];
  try {
    for (let round = 1; round <= rounds; round += 1) {
      // now and then one that outlasts a handoff and holds the old node's return up
      if (round % 10 === 1) await load.submit(LONG_JOB_S, ['-w', other.name]);
      const one = await handOver(cluster, load);
      handed.push(one);
      tell(round, one);
    }
    await load.stop();
    await load.settled(other);
  } finally {
    await load.stop();
  }
  const found = await load.audit(other);
  return { handed, found, wrong: complaints(found) };
}
