import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { placeWindow, readWindowState, writeWindowState } from '#electron/shell/window-state';

const folder = mkdtempSync(join(tmpdir(), 'clusterdeck-window-'));
afterAll(() => rmSync(folder, { recursive: true }));

const laptop = { x: 0, y: 25, width: 1280, height: 775 };
const second = { x: 1280, y: 0, width: 2560, height: 1440 };
const at = (x: number, y: number, width = 1000, height = 700) => ({
  bounds: { x, y, width, height },
  maximized: false,
});

describe('a window comes back where it was', () => {
  test('when its display is still there', () => {
    expect(placeWindow(at(1500, 100), [laptop, second])).toEqual(at(1500, 100).bounds);
  });
  test('but not where a display was taken away', () => {
    const placed = placeWindow(at(1500, 100), [laptop]);
    expect(placed).toEqual({ x: 140, y: 63, width: 1000, height: 700 });
  });
  test.each([
    ['above the screen', at(100, -400)],
    ['below the screen', at(100, 790)],
    ['left of the screen', at(-950, 100)],
  ])('and not %s, where its title cannot be reached', (_where, state) => {
    expect(placeWindow(state, [laptop])).toEqual({ x: 140, y: 63, width: 1000, height: 700 });
  });
  test('no larger than the display', () => {
    expect(placeWindow(at(10, 30, 4000, 3000), [laptop])).toMatchObject({
      width: 1280,
      height: 775,
    });
  });
});

test('the first window stands in the middle of the primary display', () => {
  expect(placeWindow(null, [second, laptop])).toEqual({
    x: 1840,
    y: 270,
    width: 1440,
    height: 900,
  });
});

test('the state survives a round trip, readable by this user only', () => {
  const file = join(folder, 'window.json');
  writeWindowState(file, at(1, 2));
  expect(readWindowState(file)).toEqual(at(1, 2));
  expect(statSync(file).mode & 0o777).toBe(0o600);
});

test.each(['', '{', '{"bounds":{"x":"1"}}', '{"bounds":{"x":0,"y":0,"width":-5,"height":1e9}}'])(
  'a broken state %j is as good as none',
  (text) => {
    const file = join(folder, 'broken.json');
    writeFileSync(file, text);
    expect(readWindowState(file)).toBeNull();
  },
);
