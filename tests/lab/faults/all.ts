import * as list from '#tests/lab/faults/list';
import { type Fault, type Outcome, runFault } from '#tests/lab/faults/run';
import { LoadedCluster, type Procedure } from '#tests/lab/load/cluster';

/**
 * Every fault of one procedure, those at each write of the journal and at each step of the operation
 * by what a calm run had.
 */
export function faultsOf(procedure: Procedure, calm: Outcome): Fault[] {
  const last = calm.states.at(-1);
  const writes = Array.from({ length: last?.serial ?? 0 }, (_, index) => index + 1);
  const steps = (last?.steps ?? []).map((_, index) => index);
  return [
    ...writes.map((serial) => list.killedAtWrite(serial)),
    list.killedAtPivot,
    ...steps.map((index) => list.agentKilled('from', index)),
    ...steps.map((index) => list.agentKilled('to', index)),
    ...steps.map((index) => list.targetDies(index)),
    list.targetDiesAtWork,
    ...steps.map((index) => list.abortedAtStep(index)),
    list.rolledBack,
    list.hangsAWhile,
    list.hangsBefore,
    list.hangsOnStop,
    list.restartedByOthers,
    list.linkCutAtStart,
    list.linkCutAtPivot,
    list.coordinatorCutOff,
    list.startsCutOff,
    list.etcdLeaderKilled,
    list.startFails,
    list.wrongOwner,
    list.clockApart,
    list.twoAtOnce,
    ...(procedure === 'A' ? [list.stalePlan] : [list.diskFullAtCopy, list.diskTooSmall]),
  ];
}

/**
 * Runs a calm handoff and then each fault whose name matches, one after another.
 * @param tell of each as it ends
 */
export async function runFaults(
  procedure: Procedure,
  only: RegExp,
  tell: (outcome: Outcome) => void,
): Promise<Outcome[]> {
  let cluster = await LoadedCluster.start(procedure);
  try {
    const calm = await runFault(cluster, list.calm);
    tell(calm);
    const outcomes = [calm];
    for (const fault of faultsOf(procedure, calm).filter(({ name }) => only.test(name))) {
      const outcome = await runFault(cluster, fault).catch((error: unknown) =>
        broken(fault, error),
      );
      outcomes.push(outcome);
      tell(outcome);
      if (outcome.holder !== '') continue;
      // what it left is no ground for the next one
      await cluster.lab.down();
      cluster = await LoadedCluster.start(procedure);
    }
    return outcomes;
  } finally {
    await cluster.lab.down();
  }
}

/** A fault after which the cluster did not become whole. */
export function broken({ name }: Pick<Fault, 'name'>, error: unknown): Outcome {
  const nothing = { submitted: 0, longestMs: 0, refused: [], lost: [], repeated: [] };
  return {
    fault: name,
    ending: 'not whole',
    tookMs: 0,
    found: { ...nothing, endedTwice: [], failed: [], sameNumber: [], unasked: [] },
    holder: '',
    wrong: [error instanceof Error ? error.message.replaceAll('\n', ' ') : String(error)],
    states: [],
  };
}
