import type { TaskLogEvent } from '#shared/contract/tasks';

export interface TaskLog {
  lines: readonly { n: number; text: string }[];
  state: TaskLogEvent['state'] | 'loading';
  exitStatus: string | null;
  /** how many lines at the start are not kept */
  dropped: number;
}

export const NO_LOG: TaskLog = { lines: [], state: 'loading', exitStatus: null, dropped: 0 };

/** A backup may write a hundred thousand lines; the window keeps the last ones. */
export const LINES_KEPT = 5000;

/** Takes one event of the stream: a snapshot starts anew, anything else is added at the end. */
export function withEvent(log: TaskLog, event: TaskLogEvent): TaskLog {
  const before = event.snapshot ? [] : log.lines;
  const last = before.at(-1)?.n ?? 0;
  // after a reconnect lines may come twice; their numbers tell
  const fresh = event.lines.filter((line) => line.n > last);
  const all = fresh.length === 0 ? before : [...before, ...fresh];
  const surplus = Math.max(0, all.length - LINES_KEPT);
  return {
    lines: surplus === 0 ? all : all.slice(surplus),
    state: event.state,
    exitStatus: event.exitStatus,
    dropped: (event.snapshot ? 0 : log.dropped) + surplus,
  };
}
