import { z } from 'zod';

/** `operations/return/<node id>`: what a node does by itself once it has come back. */
export const returnKey = (nodeId: string): string => `operations/return/${nodeId}`;

export const returnRecord = z.object({
  operation: z.string(),
  /** the start of the machine that it leaves from; '' : any start of its agent is a return */
  boot: z.string(),
  /** by which reason SLURM drained it; '' where it did not */
  drainReason: z.string(),
  /** whether the operation cordoned it in Kubernetes */
  isCordoned: z.boolean(),
});
export type ReturnRecord = z.infer<typeof returnRecord>;

/** SLURM shows it to whoever asks why the node is drained; also how the own drain is known again. */
export const drainReason = (operation: string): string => `leaves (operation ${operation})`;
