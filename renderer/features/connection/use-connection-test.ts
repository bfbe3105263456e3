import { useEffect, useRef, useState } from 'react';
import type {
  ConnectionDraft,
  TestEvent,
  TestResult,
  TestStage,
  TfaAnswer,
} from '#shared/contract/connection';
import { useClient } from '../../app/context';
import { isAbort, type Problem, problemOf } from '../../transport/failure';

type TestTarget = { uuid: string } | { draft: ConnectionDraft };

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

const IDLE: ConnectionTest = {
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

/**
 * Runs connection tests, one at a time; a new one or leaving the screen cancels the former.
 * @param onPassed hears the draft of a test that passed
 */
export function useConnectionTest(onPassed?: (draft: ConnectionDraft) => void) {
  const client = useClient();
  const [test, setTest] = useState<ConnectionTest>(IDLE);
  const running = useRef<AbortController | null>(null);

  useEffect(() => () => running.current?.abort(), []);

  const start = async (target: TestTarget, tfa?: TfaAnswer): Promise<void> => {
    running.current?.abort();
    const controller = new AbortController();
    running.current = controller;
    const apply = (change: (test: ConnectionTest) => ConnectionTest) => {
      // what a cancelled test still says must not show in the next one
      if (running.current === controller) setTest(change);
    };
    setTest({ ...IDLE, phase: 'running' });
    try {
      const input = tfa === undefined ? target : { ...target, tfa };
      const events = await client.connection.test(input, { signal: controller.signal });
      for await (const event of events) {
        apply((known) => testAfter(known, event));
        const passed = event.type === 'done' && event.result.ok;
        if (passed && 'draft' in target && !controller.signal.aborted) onPassed?.(target.draft);
      }
    } catch (error) {
      apply((known) =>
        controller.signal.aborted || isAbort(error)
          ? { ...known, phase: 'cancelled' }
          : { ...known, phase: 'failed', problem: problemOf(error) },
      );
    }
  };

  return {
    test,
    start,
    cancel: () => running.current?.abort(),
  };
}
