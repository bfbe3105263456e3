import { z } from 'zod';

/** Who changed what through a node agent; newest first. Asking needs the role `admin`. */
export const auditEntry = z.object({
  /** unix seconds */
  at: z.number().nonnegative(),
  /** name of the node whose agent did it */
  node: z.string(),
  /** id and name of the token, as `3f9c (ada's desk)`, or `root on a1` */
  who: z.string(),
  /** where the request came from; '' on the node itself */
  address: z.string(),
  /** as `slurm.drain` */
  action: z.string(),
  /** node, job, token or cluster concerned */
  subject: z.string(),
  /** reason or the like; never a secret */
  detail: z.string(),
  /** `unknown`: it was sent and its end not seen */
  result: z.enum(['done', 'refused', 'failed', 'unknown']),
  /** the state that was read back, or why not, in a sentence */
  message: z.string(),
});
export type AuditEntry = z.infer<typeof auditEntry>;

export const auditAnswer = z.object({ entries: z.array(auditEntry) });
