import { setTimeout as sleep } from 'node:timers/promises';
import { fail } from '#shared/contract/errors';
import { type StoreLock, takeStoreLock } from './lock';
import { readHostRecord } from './record';
import { type Visit, visitHost } from './visitor';

/** Either the store is ours to open, or we visit the host that has it open. */
export type Entrance = { role: 'owner'; lock: StoreLock } | { role: 'visitor'; visit: Visit };

const RETRY_MS = 50;

/**
 * Decides who opens the store of a data folder. A host that is just starting or ending, and a
 * command that has the store open for a moment, are waited for.
 * @param waitMs how long to wait for them
 * @throws Failure STORE_BUSY when nobody could be reached in that time
 */
export async function enterStore(options: {
  dataDir: string;
  waitMs: number;
  signal?: AbortSignal;
}): Promise<Entrance> {
  const { dataDir, signal } = options;
  const deadline = Date.now() + options.waitMs;
  for (;;) {
    signal?.throwIfAborted();
    const lock = takeStoreLock(dataDir);
    if (lock !== null) return { role: 'owner', lock };
    const visit = await visitHost(dataDir);
    if (visit !== null) return { role: 'visitor', visit };
    if (Date.now() >= deadline) throw storeBusy(dataDir);
    await sleep(RETRY_MS, undefined, signal ? { signal } : {});
  }
}

const NAMES = {
  electron: 'The Clusterdeck window',
  browser: 'A Clusterdeck in the browser',
  cli: 'A clusterdeck command',
  test: 'A test',
} as const;

/** The refusal for whoever needs the store to itself, naming who has it. */
export function storeBusy(dataDir: string) {
  const record = readHostRecord(dataDir);
  const holder = record === null ? 'Another Clusterdeck' : NAMES[record.host];
  const process = record === null ? '' : ` (process ${record.pid})`;
  return fail(
    'STORE_BUSY',
    { remedy: 'Use that one, end it first, or name another data folder with --data.' },
    `${holder}${process} uses the data folder ${dataDir}.`,
  );
}
