import { describe, expect, it } from 'vitest';
import { LINES_KEPT, NO_LOG, withEvent } from '../../../renderer/features/tasks/log';
import { taskTitle } from '../../../renderer/features/tasks/title';

const lines = (from: number, to: number) =>
  Array.from({ length: to - from + 1 }, (_, i) => ({ n: from + i, text: `line ${from + i}` }));
const event = (from: number, to: number, snapshot = false) => ({
  snapshot,
  lines: lines(from, to),
  state: 'running' as const,
  exitStatus: null,
});

describe('the log of a task', () => {
  it('adds what is new and starts anew on a snapshot', () => {
    const log = withEvent(withEvent(NO_LOG, event(1, 3, true)), event(4, 5));
    expect(log.lines.map((line) => line.n)).toEqual([1, 2, 3, 4, 5]);
    expect(withEvent(log, event(1, 2, true)).lines).toHaveLength(2);
  });

  it('shows a line once, even when it comes twice', () => {
    const log = withEvent(withEvent(NO_LOG, event(1, 3, true)), event(2, 4));
    expect(log.lines.map((line) => line.n)).toEqual([1, 2, 3, 4]);
  });

  it('keeps the end of a very long log and says how much is missing', () => {
    const log = withEvent(
      withEvent(NO_LOG, event(1, LINES_KEPT, true)),
      event(LINES_KEPT + 1, LINES_KEPT + 7),
    );
    expect(log.lines).toHaveLength(LINES_KEPT);
    expect(log.lines[0]?.n).toBe(8);
    expect(log.dropped).toBe(7);
  });

  it('keeps its lines when only the end is told', () => {
    const log = withEvent(withEvent(NO_LOG, event(1, 2, true)), {
      snapshot: false,
      lines: [],
      state: 'failed',
      exitStatus: 'no space left',
    });
    expect(log.lines).toHaveLength(2);
    expect([log.state, log.exitStatus]).toEqual(['failed', 'no space left']);
  });
});

describe('a task in words', () => {
  it('says what is done to what', () => {
    expect(taskTitle('qmstart', '100')).toBe('Start VM 100');
    expect(taskTitle('startall', '')).toBe('Start all guests of the node');
  });

  it('leaves what it does not know as the server names it', () => {
    expect(taskTitle('newtask', '7')).toBe('newtask 7');
    expect(taskTitle('constructor', '')).toBe('constructor');
    expect(taskTitle('qmstart', '$&')).toBe('Start VM $&');
  });
});
