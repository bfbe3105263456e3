import { z } from 'zod';

/** Changes that the node agent carries out on SLURM; all need the role `operator`. */
const reason = z
  .string()
  .trim()
  .min(1, 'Say why, for those who find the node drained.')
  .max(200, 'At most 200 characters.')
  .refine((text) => !/\p{Cc}/u.test(text), 'Control characters are not allowed.');

/** `POST /api/v1/slurm/nodes/{name}/drain` */
export const drainRequest = z.strictObject({ reason });
/** `POST /api/v1/slurm/nodes/{name}/resume` and `POST /api/v1/slurm/jobs/{id}/{hold|release|cancel}` */
export const emptyRequest = z.strictObject({});

export const JOB_ACTIONS = ['hold', 'release', 'cancel'] as const;
export const jobAction = z.enum(JOB_ACTIONS);
export type JobAction = z.infer<typeof jobAction>;
export const nodeAction = z.enum(['drain', 'resume']);
export type NodeAction = z.infer<typeof nodeAction>;

/** `DELETE /api/v1/nodes/{id}`: the cluster forgets a node that is gone; role `admin` */
export const forgottenAnswer = z.object({ ok: z.literal(true), message: z.string() });

/** Told after looking: the state that was read back, as `CANCELLED` or `drained`. */
export const actionAnswer = z.object({
  ok: z.literal(true),
  state: z.string(),
  message: z.string(),
});
