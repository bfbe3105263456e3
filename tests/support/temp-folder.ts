import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';

/** A daemon that was just ended may write its last line meanwhile. */
const GONE = { recursive: true, force: true, maxRetries: 5, retryDelay: 100 };

/** A fresh private folder, and how to get rid of it. */
export function tempFolder(): { path: string; remove(): void } {
  const path = mkdtempSync(join(tmpdir(), 'clusterdeck-test-'));
  return { path, remove: () => rmSync(path, GONE) };
}

/** A fresh private folder that goes when the present test ends. */
export function sweptFolder(): string {
  const { path, remove } = tempFolder();
  onTestFinished(remove);
  return path;
}
