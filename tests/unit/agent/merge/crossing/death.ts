import { open } from 'node:fs/promises';
import { createRequire, syncBuiltinESMExports } from 'node:module';

const CHANGING = [
  'rename',
  'rm',
  'mkdir',
  'open',
  'copyFile',
  'symlink',
  'chown',
  'chmod',
] as const;

/**
 * What a process wrote outlives it without being on the disk: in a test that only kills, nothing waits
 * for that. @returns brings it back
 */
export async function withoutWaitingForDisks(): Promise<() => void> {
  const file = await open(import.meta.filename, 'r');
  const handle: { sync(): Promise<void> } = Object.getPrototypeOf(file);
  await file.close();
  const { sync } = handle;
  handle.sync = async () => undefined;
  return () => {
    handle.sync = sync;
  };
}

/** What a killed process would have done next. */
export class Died extends Error {}

/**
 * Runs it as a process that is killed before its `after`-th change of the disk: from there on nothing
 * is changed any more, whatever it does about that.
 * @returns whether it came to its end alive
 */
export async function killedAfter(after: number, work: () => Promise<unknown>): Promise<boolean> {
  const require = createRequire(import.meta.url);
  const real: Record<string, (...args: unknown[]) => unknown> = require('node:fs/promises');
  const before = new Map(CHANGING.map((name) => [name, real[name]]));
  let left = after;
  for (const [name, original] of before) {
    if (original === undefined) continue;
    real[name] = async (...args: unknown[]) => {
      // a file that is only read changes nothing
      const isReading = name === 'open' && (args[1] === undefined || args[1] === 'r');
      if (!isReading && left-- <= 0) throw new Died(`killed before ${name}`);
      return original(...args);
    };
  }
  syncBuiltinESMExports();
  try {
    await work();
    return true;
  } catch (error) {
    if (left >= 0) throw error;
    return false;
  } finally {
    for (const [name, original] of before) if (original !== undefined) real[name] = original;
    syncBuiltinESMExports();
  }
}
