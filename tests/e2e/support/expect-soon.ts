import { expect } from 'vitest';

const WITHIN_MS = 12_000;

/** Reads again and again until the expectation holds; a busy machine gets the time it needs. */
export function expectSoon<Value>(read: () => Value | Promise<Value>) {
  return expect.poll(read, { timeout: WITHIN_MS });
}
