import { useEffect, useRef, useState } from 'react';
import type { ConnectionDraft, TfaAnswer } from '#shared/contract/connection';
import { useClient } from '../../app/context';
import { isAbort, problemOf } from '../../transport/failure';
import { type ConnectionTest, IDLE, testAfter } from './test-state';

type TestTarget = { uuid: string } | { draft: ConnectionDraft };

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
