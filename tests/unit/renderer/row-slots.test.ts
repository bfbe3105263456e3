import { describe, expect, it } from 'vitest';
import { RowSlots } from '../../../renderer/grid/row-slots';

const range = (from: number, to: number) =>
  Array.from({ length: to - from + 1 }, (_, i) => from + i);
const slotsOf = (slots: ReadonlyMap<number, number>) =>
  [...slots.values()].toSorted((a, b) => a - b);

describe('the slots of rows', () => {
  it('are handed on from rows that scroll out to rows that scroll in', () => {
    const slots = new RowSlots();
    const before = slots.assign(range(0, 9));
    const after = slots.assign(range(4, 13));
    for (const index of range(4, 9)) expect(after.get(index)).toBe(before.get(index));
    expect(slotsOf(after)).toEqual(slotsOf(before));
  });

  it('are never shared, and give the same answer when asked twice', () => {
    const slots = new RowSlots();
    slots.assign(range(0, 20));
    const jumped = slots.assign(range(500, 530));
    expect(new Set(jumped.values()).size).toBe(31);
    expect(slots.assign(range(500, 530))).toEqual(jumped);
  });
});
