import { z } from 'zod';
import { base } from './base';
import { clusterSchema } from './clusters';

/** One entry of a `clusters.json` of the lab portal and what importing it would do. */
export const importEntry = z.object({
  index: z.number().int().nonnegative(),
  clusterId: z.string().nullable(),
  name: z.string(),
  address: z.string(),
  verdict: z.enum(['new', 'exists', 'invalid']),
  /** why it cannot or will not be imported, or what was corrected */
  reasons: z.array(z.string()),
  hasSecret: z.boolean(),
});
export type ImportEntry = z.infer<typeof importEntry>;

const text = z.string().max(5_000_000);

export const imports = {
  previewClustersJson: base.input(z.strictObject({ text })).output(z.array(importEntry)),
  /** imports the ticked entries, all or nothing */
  applyClustersJson: base
    .input(
      z.strictObject({ text, only: z.array(z.number().int().nonnegative()).min(1).max(10_000) }),
    )
    .output(z.array(clusterSchema)),
};
