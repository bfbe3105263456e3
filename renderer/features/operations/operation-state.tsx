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

interface OperationStateProps {
  state: ItemState | Operation['state'];
  /** stands in place of the state's own word */
  word?: string;
}

/** The state of an operation or of one of its items as mark and word. */
export function OperationState({ state, word }: OperationStateProps) {
  return (
    <StateDot tone={ITEM_STATES[state].tone} word={word ?? ITEM_STATES[state].word} showWord />
  );
}
