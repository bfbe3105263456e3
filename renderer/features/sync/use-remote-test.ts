import { useEffect, useRef, useState } from 'react';
import type { Client } from '#shared/contract/index';
import type { RemoteStage, RemoteTestResult } from '#shared/contract/remotes';
import { useClient } from '../../app/context';
import { isAbort, type Problem, problemOf } from '../../transport/failure';

type Target = Parameters<Client['remotes']['test']>[0];

/** A remote's test as it is seen: nothing yet, stage by stage, its result. */
export interface RemoteTest {
  phase: 'idle' | 'running' | 'done' | 'cancelled' | 'failed';
  stages: RemoteStage[];
  result: RemoteTestResult | null;
  problem: Problem | null;
}

const IDLE: RemoteTest = { phase: 'idle', stages: [], result: null, problem: null };

/** Tests remotes, one at a time; a new test or leaving the form cancels the former. */
export function useRemoteTest() {
  const client = useClient();
  const [test, setTest] = useState<RemoteTest>(IDLE);
  const running = useRef<AbortController | null>(null);
  useEffect(() => () => running.current?.abort(), []);

  const start = async (target: Target): Promise<void> => {
    running.current?.abort();
    const controller = new AbortController();
    running.current = controller;
    const apply = (change: (known: RemoteTest) => RemoteTest) => {
      // what a cancelled test still says must not show in the next one
      if (running.current === controller) setTest(change);
    };
    setTest({ ...IDLE, phase: 'running' });
    try {
      const events = await client.remotes.test(target, { signal: controller.signal });
      for await (const event of events) {
        apply((known) =>
          event.type === 'done'
            ? { ...known, phase: 'done', result: event.result, stages: event.result.stages }
            : { ...known, stages: withStage(known.stages, event.stage) },
        );
      }
    } catch (error) {
      apply((known) =>
        controller.signal.aborted || isAbort(error)
          ? { ...known, phase: 'cancelled' }
          : { ...known, phase: 'failed', problem: problemOf(error) },
      );
    }
  };
  return { test, start, cancel: () => running.current?.abort() };
}

function withStage(stages: RemoteStage[], stage: RemoteStage): RemoteStage[] {
  const at = stages.findIndex(({ name }) => name === stage.name);
  return at === -1 ? [...stages, stage] : stages.with(at, stage);
}
