import { describe, expect, it } from 'vitest';
import type { GuestRow } from '#shared/contract/inventory';
import {
  COLUMN_IDS,
  COLUMNS,
  type ColumnId,
  fittingColumns,
  shownColumns,
} from '../../../renderer/features/guests/columns';
import {
  guestKey,
  nextSort,
  ordered,
  parseSort,
  splitKey,
} from '../../../renderer/features/guests/order';
import { gridTemplate, leastWidth } from '../../../renderer/grid/columns';
import { formatSort } from '../../../renderer/grid/order';
import { guestRow } from '../../support/rows';

const entry = (vmid: number, changes: Partial<GuestRow> = {}, uuid = 'u1') => ({
  uuid,
  clusterId: uuid,
  clusterName: uuid,
  row: guestRow({ vmid, ...changes }),
});
const ids = (list: { row: GuestRow }[]) => list.map((one) => one.row.vmid);
const all = () => true;
const of = (ids: readonly ColumnId[]) => ids.map((id) => COLUMNS[id]);

describe('the order of guests', () => {
  it('counts numbers inside names, and ignores case and accents', () => {
    const list = [
      entry(1, { name: 'web10' }),
      entry(2, { name: 'Web9' }),
      entry(3, { name: 'wéb11' }),
    ];
    expect(ids(ordered(list, all, { column: 'name', descending: false }))).toEqual([2, 1, 3]);
  });

  it('puts what was not measured last, whichever way it sorts', () => {
    const list = [entry(1, { cpu: null }), entry(2, { cpu: 0.2 }), entry(3, { cpu: 0.9 })];
    expect(ids(ordered(list, all, { column: 'cpu', descending: true }))).toEqual([3, 2, 1]);
    expect(ids(ordered(list, all, { column: 'cpu', descending: false }))).toEqual([2, 3, 1]);
  });

  it('keeps equal rows in place, whatever order they came in', () => {
    const list = [entry(7, {}, 'b'), entry(3), entry(7, {}, 'a'), entry(5)];
    const sort = { column: 'cpu', descending: true } as const;
    const once = ordered(list, all, sort);
    expect(ordered([...list].reverse(), all, sort)).toEqual(once);
    expect(ids(once)).toEqual([3, 5, 7, 7]);
  });

  it('sorts memory by how full it is, not by its size', () => {
    const list = [entry(1, { mem: 8, maxMem: 64 }), entry(2, { mem: 3, maxMem: 4 })];
    expect(ids(ordered(list, all, { column: 'memory', descending: true }))).toEqual([2, 1]);
  });

  it('leaves out what does not match', () => {
    const list = [entry(1), entry(2)];
    const even = (one: { row: GuestRow }) => one.row.vmid % 2 === 0;
    expect(ids(ordered(list, even, parseSort(null)))).toEqual([2]);
  });

  it('reads back what it writes into the address, and refuses anything else', () => {
    const sort = { column: 'netIn', descending: true } as const;
    expect(parseSort(formatSort(sort))).toEqual(sort);
    expect(parseSort('nonsense-')).toEqual({ column: 'name', descending: false });
    expect(nextSort(parseSort('name'), 'cpu')).toEqual({ column: 'cpu', descending: true });
    expect(nextSort(sort, 'netIn').descending).toBe(false);
  });

  it('keys hold whatever a guest id holds', () => {
    expect(splitKey(guestKey('u-1', 'lxc/7'))).toEqual({ uuid: 'u-1', guestId: 'lxc/7' });
  });
});

describe('the columns of guests', () => {
  it('always shows the name and ignores columns it does not know', () => {
    expect(shownColumns(['cpu', 'of an older release'])).toEqual(['name', 'cpu']);
    expect(shownColumns([])).toContain('memory');
    expect(shownColumns([], ['cluster'])).not.toContain('cluster');
  });

  it('gives each column a track beside the one for the tick', () => {
    expect(gridTemplate(of(['name', 'cpu']))).toBe('36px minmax(150px, 3fr) 116px');
    expect(leastWidth(of(COLUMN_IDS))).toBeGreaterThan(leastWidth(of(['name'])));
  });

  it('leaves out what matters least where the window is narrow, but never the state', () => {
    const usual = shownColumns([]);
    expect(fittingColumns(usual, 2000)).toEqual(usual);
    const narrow = fittingColumns(usual, 760);
    expect(leastWidth(of(narrow))).toBeLessThanOrEqual(760);
    expect(narrow).not.toContain('tags');
    expect(fittingColumns(usual, 100)).toEqual(['name', 'status', 'cpu', 'memory']);
  });
});
