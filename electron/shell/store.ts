import { enterStore, storeBusy } from '#electron/core/local/enter';
import type { StoreLock } from '#electron/core/local/lock';

/** A command line that has the store open ends within this time. */
const WAIT_MS = 10_000;

/**
 * Takes the store for this window. Where another kind of host has it, that one is brought to the
 * front and this one ends.
 * @throws Failure STORE_BUSY naming who has it
 */
export async function takeStore(dataDir: string): Promise<StoreLock> {
  const entrance = await enterStore({ dataDir, waitMs: WAIT_MS });
  if (entrance.role === 'owner') return entrance.lock;
  const { client, close } = entrance.visit;
  const busy = storeBusy(dataDir);
  // whether or not it has a window to show, the refusal stands
  await client.app.focus().catch(() => {});
  close();
  throw busy;
}
