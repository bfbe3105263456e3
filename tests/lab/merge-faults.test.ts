import { afterAll, beforeAll, expect, it } from 'vitest';
import { TwoClusters } from '#tests/lab/merge/clusters';
import { runMergeFault } from '#tests/lab/merge/fault-run';
import { USUAL } from '#tests/lab/merge/faults';

// one pair for all: each fault leaves it apart; `npm run lab -- faults --kind merge` has the whole table
let clusters: TwoClusters;

beforeAll(async () => {
  clusters = await TwoClusters.start();
});
afterAll(() => clusters?.lab.down());

/** A quiet machine takes half a minute for each. */
const PATIENCE_MS = 480_000;

it.each(USUAL.map((fault) => [fault.name, fault] as const))(
  'runs each job once and ends whole: %s',
  async (_name, fault) => {
    const { wrong, found } = await runMergeFault(clusters, fault);
    expect(wrong).toEqual([]);
    expect(found.submitted).toBeGreaterThan(5);
  },
  PATIENCE_MS,
);
