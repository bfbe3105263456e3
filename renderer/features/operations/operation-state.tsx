import type { Operation } from '#shared/contract/operations';
import { StateDot, type Tone } from '../../ui/state';
import type { ItemState } from './summary';

const ITEM_STATES: Record<ItemState, { tone: Tone; word: string }> = {
  waiting: { tone: 'idle', word: 'waiting' },
  running: { tone: 'busy', word: 'running' },
  done: { tone: 'ok', word: 'done' },
  failed: { tone: 'bad', word: 'failed' },
  cancelled: { tone: 'idle', word: 'cancelled' },
  unknown: { tone: 'warning', word: 'unknown' },
};

/** The state of an operation or of one of its items as mark and word. */
export function OperationState({ state }: { state: ItemState | Operation['state'] }) {
  return <StateDot {...ITEM_STATES[state]} showWord />;
}
