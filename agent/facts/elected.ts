import { z } from 'zod';
import type { Elected } from './types';

/** What candidates proclaim: their id, alone or beside more. */
const candidate = z.union([
  z.string().min(1),
  z.object({ nodeId: z.string().min(1) }).transform(({ nodeId }) => nodeId),
  z.object({ id: z.string().min(1) }).transform(({ id }) => id),
]);

/** Null where nobody is elected, or something that is no node. */
export function electedBy(found: { value: unknown; epoch: number } | null): Elected | null {
  const parsed = candidate.safeParse(found?.value);
  return parsed.success ? { nodeId: parsed.data, epoch: found?.epoch ?? null } : null;
}
