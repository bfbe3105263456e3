import { useEffect, useState } from 'react';
import { useClient } from '../../app/context';
import { isAbort, type Problem, problemOf } from '../../transport/failure';
import { NO_LOG, type TaskLog, withEvent } from './log';

const AGAIN_MS = 1000;

/**
 * Follows a task's log until it ends. A lost connection is no end: it is followed anew, and the
 * first event then brings all lines again.
 * @returns the log so far, and why it cannot be read where that is so
 */
export function useTaskLog(uuid: string, upid: string): { log: TaskLog; problem: Problem | null } {
  const client = useClient();
  const [log, setLog] = useState(NO_LOG);
  const [problem, setProblem] = useState<Problem | null>(null);
  useEffect(() => {
    const stop = new AbortController();
    const { signal } = stop;
    const follow = async () => {
      while (!signal.aborted) {
        try {
          for await (const event of await client.tasks.follow({ uuid, upid }, { signal })) {
            setLog((before) => withEvent(before, event));
          }
          return;
        } catch (error) {
          if (signal.aborted || isAbort(error)) return;
          const found = problemOf(error);
          if (found.code !== null) return setProblem(found);
          await new Promise((resolve) => setTimeout(resolve, AGAIN_MS));
        }
      }
    };
    void follow();
    return () => stop.abort(new DOMException('Nobody reads it any more.', 'AbortError'));
  }, [client, uuid, upid]);
  return { log, problem };
}
