import { describe, expect, it } from 'vitest';
import {
  keepShown,
  moveTo,
  NO_SELECTION,
  rangeTo,
  toggle,
  toggleAll,
} from '../../../renderer/grid/selection';

const keys = ['a', 'b', 'c', 'd', 'e'];
const chosen = (selection: { selected: ReadonlySet<string> }) => [...selection.selected].join('');

describe('the selection of a list', () => {
  it('keeps the cursor inside the list', () => {
    expect(moveTo(NO_SELECTION, keys, 99, false).cursor).toBe('e');
    expect(moveTo(NO_SELECTION, keys, -3, false).cursor).toBe('a');
    expect(moveTo(NO_SELECTION, [], 0, false).cursor).toBeNull();
  });

  it('extends a range from where it began, both ways', () => {
    const start = toggle(NO_SELECTION, 'c');
    const down = moveTo(moveTo(start, keys, 3, true), keys, 4, true);
    expect(chosen(down)).toBe('cde');
    expect(chosen(moveTo(down, keys, 1, true))).toBe('bc');
  });

  it('starts a range at the cursor when nothing was chosen yet', () => {
    const cursor = moveTo(NO_SELECTION, keys, 1, false);
    expect(chosen(moveTo(cursor, keys, 2, true))).toBe('bc');
  });

  it('selects one row when the range has no start', () => {
    expect(chosen(rangeTo(NO_SELECTION, keys, 'd'))).toBe('d');
    const gone = { ...NO_SELECTION, anchor: 'gone' };
    expect(chosen(rangeTo(gone, keys, 'd'))).toBe('d');
  });

  it('toggles single rows and all of them', () => {
    const two = toggle(toggle(NO_SELECTION, 'a'), 'd');
    expect(chosen(two)).toBe('ad');
    expect(chosen(toggle(two, 'a'))).toBe('d');
    const all = toggleAll(two, keys);
    expect(all.selected.size).toBe(5);
    expect(toggleAll(all, keys).selected.size).toBe(0);
  });

  it('forgets rows that a filter hides', () => {
    const all = toggleAll(moveTo(NO_SELECTION, keys, 4, false), keys);
    const kept = keepShown(all, ['a', 'b']);
    expect(chosen(kept)).toBe('ab');
    expect(kept.cursor).toBeNull();
    expect(kept.anchor).toBeNull();
  });

  it('stays the same object while nothing is hidden, so that rows are not drawn again', () => {
    const some = toggle(NO_SELECTION, 'b');
    expect(keepShown(some, keys)).toBe(some);
  });
});
