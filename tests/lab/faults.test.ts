import { afterAll, beforeAll, expect, it } from 'vitest';
import {
  coordinatorCutOff,
  killedAtPivot,
  restartedByOthers,
  stalePlan,
  startFails,
  twoAtOnce,
} from '#tests/lab/faults/list';
import { type Fault, runFault } from '#tests/lab/faults/run';
import { LoadedCluster } from '#tests/lab/load/cluster';

// one cluster for all: each fault leaves it whole; `npm run lab -- faults` has the whole table
let cluster: LoadedCluster;

beforeAll(async () => {
  cluster = await LoadedCluster.start('A');
});
afterAll(() => cluster?.lab.down());

/** A quiet machine takes 10 to 20 s for each; SLURM holds back what it could not start for minutes. */
const PATIENCE_MS = 480_000;
const FAULTS: Fault[] = [
  twoAtOnce,
  startFails,
  restartedByOthers,
  stalePlan,
  killedAtPivot,
  coordinatorCutOff,
];

it.each(FAULTS.map((fault) => [fault.name, fault] as const))(
  'runs each job once and leaves one controller: %s',
  async (_name, fault) => {
    const { wrong, found } = await runFault(cluster, fault);
    expect(wrong).toEqual([]);
    expect(found.submitted).toBeGreaterThan(8);
  },
  PATIENCE_MS,
);
