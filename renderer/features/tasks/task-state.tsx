import type { TaskRow } from '#shared/contract/tasks';
import { StateDot, type Tone } from '../../ui/state';

const STATES: Record<TaskRow['state'] | 'loading', { tone: Tone; word: string }> = {
  loading: { tone: 'idle', word: 'asking' },
  running: { tone: 'busy', word: 'running' },
  ok: { tone: 'ok', word: 'done' },
  warnings: { tone: 'warning', word: 'warnings' },
  failed: { tone: 'bad', word: 'failed' },
  unknown: { tone: 'idle', word: 'unknown' },
};

/** A task's state as mark and word. */
export function TaskState({ state }: { state: keyof typeof STATES }) {
  return <StateDot {...STATES[state]} showWord />;
}
