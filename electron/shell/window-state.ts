import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { z } from 'zod';

/** Device-independent pixels, in the coordinates of all displays together. */
const rectangle = z.object({
  x: z.number().int(),
  y: z.number().int(),
  width: z.number().int().positive(),
  height: z.number().int().positive(),
});
export type Rectangle = z.infer<typeof rectangle>;

const windowState = z.object({ bounds: rectangle, maximized: z.boolean() });
export type WindowState = z.infer<typeof windowState>;

export const MIN_SIZE = { width: 760, height: 520 };
const DEFAULT_SIZE = { width: 1440, height: 900 };
/** how much of a window must lie on a display for a person to find and move it */
const GRIP_PX = 96;

/** @returns what was remembered, or null when there is nothing or nothing that can be used */
export function readWindowState(file: string): WindowState | null {
  try {
    return windowState.parse(JSON.parse(readFileSync(file, 'utf8')));
  } catch {
    return null;
  }
}

/** Replaces the file in one step, so that a crash leaves the old or the new state. */
export function writeWindowState(file: string, state: WindowState): void {
  writeFileSync(`${file}.new`, JSON.stringify(state), { mode: 0o600 });
  renameSync(`${file}.new`, file);
}

/**
 * Places a window on the displays which are there now: remembered bounds hold as long as the
 * window's title can be reached, its size never exceeds the display.
 * @param workAreas of all displays, the primary one first
 */
export function placeWindow(
  remembered: WindowState | null,
  workAreas: readonly Rectangle[],
): Rectangle {
  const [primary = { x: 0, y: 0, ...DEFAULT_SIZE }] = workAreas;
  const bounds = remembered?.bounds;
  const area = bounds && workAreas.find((candidate) => canReach(bounds, candidate));
  if (bounds && area) return { ...bounds, ...fit(bounds, area) };
  const size = fit(bounds ?? DEFAULT_SIZE, primary);
  return {
    ...size,
    x: Math.round(primary.x + (primary.width - size.width) / 2),
    y: Math.round(primary.y + (primary.height - size.height) / 2),
  };
}

function canReach(bounds: Rectangle, area: Rectangle): boolean {
  const left = Math.max(bounds.x, area.x);
  const right = Math.min(bounds.x + bounds.width, area.x + area.width);
  const titleVisible = bounds.y >= area.y && bounds.y <= area.y + area.height - GRIP_PX;
  return titleVisible && right - left >= GRIP_PX;
}

function fit(size: { width: number; height: number }, area: Rectangle) {
  return {
    width: Math.max(MIN_SIZE.width, Math.min(size.width, area.width)),
    height: Math.max(MIN_SIZE.height, Math.min(size.height, area.height)),
  };
}
