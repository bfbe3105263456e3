import { z } from 'zod';
import { defineHand } from '../hands/define';

/** Pending jobs of one cluster become pending jobs of another: each once, marked by its comment. */
const jobId = z.string().regex(/^\d+(_\d+)?$/);

/** All that is needed to submit a job again. It holds the user's environment: never logged. */
export const jobParcel = z.strictObject({
  /** `<cluster uuid>/<job id>`: names this job wherever it is carried */
  key: z.string().max(120),
  id: jobId,
  user: z.string().max(64),
  uid: z.int().nonnegative(),
  gid: z.int().nonnegative(),
  script: z.string().max(8 * 1024 * 1024),
  /** `NAME=value` */
  environment: z.array(z.string()).max(20_000),
  /** for sbatch, as `--time=10`, in the form that it takes */
  options: z.array(z.string().max(4096)).max(200),
  /** the script's own arguments */
  args: z.array(z.string().max(65_536)).max(2000),
  workDir: z.string().max(4096),
  /** job ids of its own cluster that it waits for, as SLURM writes them: `afterok:12` */
  dependency: z.string().max(4096),
  /** held by its user or an admin before this */
  wasHeld: z.boolean(),
  /** by an admin: its user cannot release it */
  heldByAdmin: z.boolean().optional(),
  /** file name of the script, as its user called it; '' : it had none */
  scriptName: z.string().max(255).optional(),
});
export type JobParcel = z.infer<typeof jobParcel>;

/** Holds a pending job, so that it does not begin while it is read. @throws NOT_FOUND | INVALID_INPUT */
export const holdJob = defineHand({
  name: 'carry/hold',
  changes: true,
  input: z.strictObject({ id: jobId, operation: z.uuid() }),
  /** `gone`: it began or ended meanwhile */
  output: z.object({ state: z.enum(['held', 'gone']), wasHeld: z.boolean() }),
});
/** Takes the hold back. */
export const unholdJob = defineHand({
  name: 'carry/unhold',
  changes: true,
  input: z.strictObject({ id: jobId }),
  output: z.strictObject({}),
});
/** Reads a held job whole. On the controller. */
export const packJob = defineHand({
  name: 'carry/pack',
  changes: false,
  input: z.strictObject({ id: jobId, wasHeld: z.boolean() }),
  output: z.object({ parcel: jobParcel.nullable(), why: z.string() }),
});
/** Submits it held, unless it is there already. @throws what sbatch says */
export const unpackJob = defineHand({
  name: 'carry/unpack',
  changes: true,
  input: z.strictObject({
    parcel: jobParcel,
    /** with the numbers of this cluster */
    dependency: z.string().max(4096),
  }),
  output: z.object({ id: jobId, found: z.boolean() }),
});
/** Jobs here that were carried, by their key. */
export const findCarried = defineHand({
  name: 'carry/find',
  changes: false,
  input: z.strictObject({ from: z.uuid() }),
  output: z.object({
    jobs: z.array(z.object({ key: z.string(), id: jobId, state: z.string(), held: z.boolean() })),
  }),
});
/** Ends the one that was carried away; only a held, pending one. */
export const cancelCarried = defineHand({
  name: 'carry/cancel',
  changes: true,
  input: z.strictObject({ id: jobId, operation: z.uuid() }),
  output: z.strictObject({}),
});
