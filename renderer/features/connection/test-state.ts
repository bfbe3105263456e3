import type { TestEvent, TestResult, TestStage } from '#shared/contract/connection';
import type { Problem } from '../../transport/failure';

/** A test as it is seen: nothing yet, its stages one after another, its result. */
export interface ConnectionTest {
  phase: 'idle' | 'running' | 'done' | 'cancelled' | 'failed';
  /** of the endpoint tried now; a test that goes on to the next endpoint starts them anew */
  endpoint: string | null;
  stages: TestStage[];
  result: TestResult | null;
  /** why the test itself could not run */
  problem: Problem | null;
}

export const IDLE: ConnectionTest = {
  phase: 'idle',
  endpoint: null,
  stages: [],
  result: null,
  problem: null,
};

/** The test after one event of its stream. */
export function testAfter(test: ConnectionTest, event: TestEvent): ConnectionTest {
  if (event.type === 'done') {
    const { result } = event;
    return { ...test, phase: 'done', result, endpoint: result.endpoint, stages: result.stages };
  }
  const known = event.endpoint === test.endpoint ? test.stages : [];
  const at = known.findIndex((stage) => stage.name === event.stage.name);
  const stages = at === -1 ? [...known, event.stage] : known.with(at, event.stage);
  return { ...test, endpoint: event.endpoint, stages };
}
