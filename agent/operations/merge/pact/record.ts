import { z } from 'zod';
import { mergeCard } from '#shared/contract/agent/merge';

/** Folder of the pacts in the shared state; each stands under the uuid of the other cluster. */
export const PACTS = 'merge/pact/';

/** An unused pact ends by itself. */
export const PACT_MS = 24 * 3_600_000;

/** `merge/pact/<uuid>`: an admin let the nodes of another cluster take part in a merge. Unix ms. */
export const pactRecord = z.object({
  /** of the other cluster, as it showed itself */
  card: mergeCard,
  /** name of the token or user that made it */
  by: z.string(),
  madeAt: z.number(),
  /** it holds longer while a merge rests on it */
  until: z.number(),
});
export type PactRecord = z.infer<typeof pactRecord>;
