import { z } from 'zod';
import type { State } from '../../state/types';

/** One key in the shared state: for which merge this cluster is held. */
export const LOCK = 'merge/lock';

export const lockRecord = z.object({
  /** the cluster whose journal has the operation; this one itself where it gains */
  by: z.object({ uuid: z.string(), name: z.string() }),
  operation: z.string(),
  /** node ids that may (still, or again) become members */
  allows: z.array(z.string()),
  /** of those that are members here, by node id: whoever crosses is known by its name afterwards */
  names: z.record(z.string(), z.string()).optional(),
  /** unix ms */
  at: z.number(),
});
export type LockRecord = z.infer<typeof lockRecord>;

/**
 * By what this cluster is held; null: by nothing.
 * @throws Failure of the state
 */
export async function lockedBy(
  state: Pick<State, 'get'>,
  signal?: AbortSignal,
): Promise<LockRecord | null> {
  const entry = await state.get(LOCK, { stale: true, ...(signal && { signal }) });
  return lockRecord.safeParse(entry?.value).data ?? null;
}
