import { z } from 'zod';
import { roleState } from '#shared/contract/agent/dashboard';
import { defineHand } from '../hands/define';

const nothing = z.strictObject({});

/** What runs on a node that is to leave; asked on that node, as all hands of this file. */
export const lookAtNode = defineHand({
  name: 'leave/look',
  changes: false,
  input: nothing,
  output: z.object({
    roles: z.array(roleState.pick({ name: true, running: true, healthy: true })),
    /** names this start of the machine; another one after a reboot */
    boot: z.string(),
    /** whether it says good-bye now */
    isLeaving: z.boolean(),
  }),
});

/** SLURM's work on this node: what the controller lists, and what the process table has. */
export const lookAtWork = defineHand({
  name: 'leave/work',
  changes: false,
  input: nothing,
  output: z.object({
    /** under which name SLURM has registered this node; null where it does not know it */
    name: z.string().nullable(),
    /** SLURM's own word in small letters, as `drained` */
    state: z.string(),
    /** why it is drained, '' where nobody said */
    reason: z.string(),
    jobs: z.array(
      z.object({ id: z.string(), name: z.string(), user: z.string(), state: z.string() }),
    ),
    /** as `123.batch`: steps whose processes live here, whatever the controller says */
    steps: z.array(z.string()),
  }),
});

/** No new jobs come; those that run go on. */
export const drainWorker = defineHand({
  name: 'leave/drain',
  changes: true,
  input: z.strictObject({ reason: z.string().min(1).max(200) }),
  output: nothing,
});

/** Takes a drain back, where it is the one of this reason. */
export const resumeWorker = defineHand({
  name: 'leave/resume',
  changes: true,
  input: z.strictObject({ reason: z.string().min(1).max(200) }),
  output: nothing,
});

/** Stops roles of this node and proves it; no jobs may be left. */
export const stopRoles = defineHand({
  name: 'leave/stop',
  changes: true,
  input: z.strictObject({ roles: z.array(roleState.shape.name) }),
  output: nothing,
});

/** Starts them again. */
export const startRoles = defineHand({
  name: 'leave/start',
  changes: true,
  input: z.strictObject({ roles: z.array(roleState.shape.name) }),
  output: nothing,
});

/** Tells the others that this node goes and ends its agent, after it has answered. */
export const sayGoodbye = defineHand({
  name: 'leave/goodbye',
  changes: true,
  input: nothing,
  output: nothing,
});
