import { describe, expect, it } from 'vitest';
import type { Chart } from '#shared/contract/charts';
import { FrameQueue } from '../../../renderer/charts/frames';
import { latest, lonePoints } from '../../../renderer/charts/points';
import { timeTicks, valueScale } from '../../../renderer/charts/scale';
import { chartView, describe as spoken } from '../../../renderer/charts/view';

const at = (text: string) => new Date(text).getTime();

describe('the value axis', () => {
  it('has a calm top that holds every value', () => {
    expect(valueScale('fraction', [0.02, 0.3]).max).toBe(0.5);
    expect(valueScale('fraction', [0.02], 1).max).toBe(1);
    expect(valueScale('bytesPerSecond', [3.2e8, null]).max).toBe(5e8);
    expect(valueScale('load', [11.8]).max).toBe(12);
    expect(valueScale('bytes', [3 * 2 ** 30 + 1]).max).toBe(4 * 2 ** 30);
  });

  it('has a scale where nothing was measured', () => {
    expect(valueScale('bytesPerSecond', [null, null]).ticks).toEqual([0, 500, 1000]);
  });

  it('holds more than all: an overcommitted fraction is not cut off', () => {
    expect(valueScale('fraction', [1.3]).max).toBeGreaterThanOrEqual(1.3);
  });
});

describe('the time axis', () => {
  it('marks quarters of an hour', () => {
    const ticks = timeTicks(at('2025-03-04T13:04'), at('2025-03-04T14:04'), 'hour');
    expect(ticks).toEqual(
      ['13:15', '13:30', '13:45', '14:00'].map((time) => at(`2025-03-04T${time}`)),
    );
  });

  it('marks midnights of a week, also where a day has 23 hours', () => {
    const ticks = timeTicks(at('2025-03-27T12:00'), at('2025-04-03T12:00'), 'week');
    expect(ticks).toHaveLength(7);
    expect(ticks.every((tick) => new Date(tick).getHours() === 0)).toBe(true);
  });

  it('marks first days of months in a year', () => {
    const ticks = timeTicks(at('2024-03-10T00:00'), at('2025-03-10T00:00'), 'year');
    expect(ticks).toHaveLength(6);
    expect(ticks.every((tick) => new Date(tick).getDate() === 1)).toBe(true);
  });

  it('has no mark where there is no time', () => {
    expect(timeTicks(5, 5, 'day')).toEqual([]);
  });
});

describe('points', () => {
  it('finds values that stand alone between gaps', () => {
    expect([...lonePoints([1, null, 2, null, 3, 4])]).toEqual([0, 2]);
  });

  it('take the newest value for the present one, also when it is 0', () => {
    expect(latest([3, 0, null])).toBe(0);
    expect(latest([null])).toBeNull();
  });

  it('do not pass an old value off as the present one', () => {
    expect(latest([3, null, null, null])).toBeNull();
  });
});

const load: Chart = {
  id: 'load',
  unit: 'load',
  times: [0, 60_000, 120_000],
  series: [
    { key: 'iowait', label: 'iowait', values: [0.02, null, 0.021] },
    { key: 'load', label: 'load', values: [10, 11, 11.8] },
  ],
  source: 'server',
};

describe('a chart made ready', () => {
  it('gives IO wait an axis of its own beside the load', () => {
    const view = chartView(load, 'hour');
    expect(view.series.map((one) => [one.axis, one.unit])).toEqual([
      ['right', 'fraction'],
      ['left', 'load'],
    ]);
    expect(view.left.max).toBe(12);
    expect(view.right?.max).toBe(0.1);
  });

  it('keeps gaps as gaps', () => {
    const view = chartView(load, 'hour');
    expect(view.points.map((point) => point.values[0])).toEqual([0.02, null, 0.021]);
  });

  it('tells a seventh series from the first by its dash', () => {
    const many: Chart = {
      ...load,
      unit: 'fraction',
      id: 'cpu',
      series: Array.from({ length: 7 }, (_, n) => ({
        key: `n${n}`,
        label: `n${n}`,
        values: [0.1, 0.1, 0.1],
      })),
    };
    const { series } = chartView(many, 'hour');
    const looks = series.map((one) => `${one.colour} ${one.dash}`);
    expect(new Set(looks).size).toBe(7);
  });

  it('tells a screen reader the present values, or that there are none', () => {
    expect(spoken(chartView(load, 'hour'))).toContain('iowait 2.1 %, load 11.8');
    const nothing = { ...load, series: [{ key: 'a', label: 'a', values: [null, null, null] }] };
    expect(spoken(chartView(nothing, 'hour'))).toBe('Nothing was measured in this time.');
  });
});

describe('charts that take new data', () => {
  it('redraw one per frame, in the order they asked', () => {
    const frames: (() => void)[] = [];
    const drawn: string[] = [];
    const queue = new FrameQueue((run) => frames.push(run));
    queue.request('a', () => drawn.push('a'));
    queue.request('b', () => drawn.push('b, old'));
    queue.request('c', () => drawn.push('c'));
    queue.request('b', () => drawn.push('b'));
    queue.cancel('c');
    expect(frames).toHaveLength(1);
    while (frames.length > 0) {
      const before = drawn.length;
      frames.shift()?.();
      expect(drawn.length - before).toBeLessThanOrEqual(1);
    }
    expect(drawn).toEqual(['a', 'b']);
  });

  it('go on after one of them failed', () => {
    const frames: (() => void)[] = [];
    const drawn: string[] = [];
    const queue = new FrameQueue((run) => frames.push(run));
    queue.request('a', () => {
      throw new Error('cannot be drawn');
    });
    queue.request('b', () => drawn.push('b'));
    expect(() => frames.shift()?.()).toThrow('cannot be drawn');
    frames.shift()?.();
    expect(drawn).toEqual(['b']);
  });
});
