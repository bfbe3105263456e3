import { z } from 'zod';
import { slurmConfig } from '../../../roles/slurm/config';
import { defineHand } from '../../hands/define';

/**
 * What nodes do and tell while SLURM's controller changes hands. A call may come twice: each finds
 * out what is done already. Node ids name nodes; times are ms.
 */
const nodeId = z.string().min(1).max(128);
const done = z.object({ tookMs: z.number().nonnegative() });

/** The folder with the jobs, as one node sees it at `stateSaveLocation`. */
const folder = z.object({
  /** of its mark; null: there is none, or no such folder */
  stateId: z.string().nullable(),
  /** whether a controller worked on it */
  hasRun: z.boolean(),
  /** unix seconds, as text, of the last sign that a controller at work left in the folder; '' : none */
  heartbeat: z.string(),
});

/** What is looked at only for a plan: it costs more. */
const depth = z.object({
  /** of slurmctld, as `22.05.8`; '' : not installed */
  version: z.string(),
  /** the node's own clock, unix ms */
  now: z.number(),
  /** of SlurmUser; null: there is no such user */
  uid: z.number().nullable(),
  gid: z.number().nullable(),
  /** whether its configuration gives it the controller's role at all, and says that it shares the folder */
  enabled: z.boolean(),
  shared: z.boolean(),
  /** further lines that it would put into slurm.conf as the first controller */
  extra: z.array(z.string()),
  /** of the folder: what lies in it, and whether it belongs to SlurmUser */
  bytes: z.number().nonnegative(),
  files: z.number().int().nonnegative(),
  isOwned: z.boolean(),
  /** whether a file can be written there and reaches the disk; '' : yes, else why not */
  refused: z.string(),
  /** free on the disk where the folder lies or would lie */
  freeBytes: z.number().nonnegative(),
});

/** Looks at one node. `deep`: for a plan. */
export const slurmLook = defineHand({
  name: 'slurm/look',
  changes: false,
  input: z.strictObject({ deep: z.boolean().default(false) }),
  output: z.object({
    daemon: z.enum(['running', 'stopped', 'failed']),
    /** why it ended, or its last lines */
    message: z.string(),
    /** whether anything listens at the controller's port here */
    isPortOpen: z.boolean(),
    /** node id to which this node relays now; null: it does not */
    relayTo: z.string().nullable(),
    /** of the configuration that its keeper goes by; 0: none */
    revision: z.number().int().nonnegative(),
    /** SHA-256 of its slurm.conf in hex; '' : none of ours */
    conf: z.string(),
    folder,
    depth: depth.nullable(),
  }),
});

export const handoffJob = z.object({
  id: z.string(),
  name: z.string(),
  user: z.string(),
  /** SLURM's word, as `RUNNING` */
  state: z.string(),
  nodes: z.array(z.string()),
});
export type HandoffJob = z.infer<typeof handoffJob>;

/** Asks SLURM on one node, as its users would. */
export const slurmAsk = defineHand({
  name: 'slurm/ask',
  changes: false,
  input: z.strictObject({}),
  output: z.object({
    /** controllers in the order of this node's slurm.conf */
    controllers: z.array(z.object({ name: z.string(), up: z.boolean() })),
    /** jobs that are not over; null: nobody answers */
    jobs: z.array(handoffJob).nullable(),
  }),
});

/** Which of these jobs have ended, as the controller or the accounting tells. */
export const slurmEnded = defineHand({
  name: 'slurm/ended',
  changes: false,
  input: z.strictObject({ ids: z.array(z.string()).max(20_000) }),
  output: z.object({ ended: z.array(z.string()) }),
});

/** One harmless submission. `ms`: null where no controller answered. */
export const slurmPulse = defineHand({
  name: 'slurm/pulse',
  changes: false,
  input: z.strictObject({}),
  output: z.object({ ms: z.number().nonnegative().nullable() }),
});

/** Whether another node accepts what munge of this one encodes. */
export const slurmMunge = defineHand({
  name: 'slurm/munge',
  changes: false,
  input: z.strictObject({ at: nodeId }),
  output: z.object({ ok: z.boolean(), why: z.string() }),
});

/** Whether anything of another node answers: its agent, or a controller. */
export const slurmReach = defineHand({
  name: 'slurm/reach',
  changes: false,
  input: z.strictObject({ node: nodeId }),
  output: z.object({ agent: z.boolean(), controller: z.boolean() }),
});

/**
 * The keeper goes by a configuration of at least this revision, and what it was doing by an older
 * one is over: a node that is held by it starts no controller any more.
 */
export const slurmNotice = defineHand({
  name: 'slurm/notice',
  changes: true,
  input: z.strictObject({ revision: z.number().int().positive() }),
  output: z.object({ revision: z.number().int().positive(), isHeld: z.boolean() }),
});

/**
 * Stops slurmctld for good and proves that its port is closed; then, in the same breath, relays to
 * another node where that is asked for. Whoever connects meanwhile waits there.
 */
export const slurmStop = defineHand({
  name: 'slurm/stop',
  changes: true,
  input: z.strictObject({ relayTo: nodeId.nullable() }),
  output: done,
});

/**
 * Ends a relay here, writes slurm.conf by `config`, starts slurmctld and waits until it answers as
 * `as`. Where it does not come up it is stopped again, so that it surely does not run.
 * @throws Failure NOT_FOUND where the folder is not the one that `config.stateId` names
 */
export const slurmStart = defineHand({
  name: 'slurm/start',
  changes: true,
  input: z.strictObject({ config: slurmConfig, as: z.enum(['primary', 'backup']) }),
  output: done,
});

/** The standby here takes over from one that does not answer (`scontrol takeover`). */
export const slurmTakeover = defineHand({
  name: 'slurm/takeover',
  changes: true,
  input: z.strictObject({}),
  output: done,
});

/** Writes slurm.conf by `config`; slurmd takes it over, and slurmctld where it is not held. */
export const slurmFiles = defineHand({
  name: 'slurm/files',
  changes: true,
  input: z.strictObject({ config: slurmConfig }),
  output: z.object({ conf: z.string() }),
});

/**
 * Fetches the folder from another node into a place beside its own, as far as a few seconds take it.
 * `last`: the controller there is stopped; then it is checked whole, put in place with a mark that
 * says `stateId`, and what lay there is kept aside.
 * @throws Failure STORE_FULL | PERMISSION_DENIED
 */
export const slurmCopy = defineHand({
  name: 'slurm/copy',
  changes: true,
  input: z.strictObject({ from: nodeId, stateId: z.uuid(), last: z.boolean() }),
  output: z.object({
    isDone: z.boolean(),
    bytes: z.number().nonnegative(),
    ofBytes: z.number().nonnegative(),
    files: z.number().int().nonnegative(),
    /** over all files with their sums, in hex; '' as long as it is not done */
    sum: z.string(),
  }),
});

/** Takes away what `slurm/copy` brought under this id and what no controller worked on. */
export const slurmDropCopy = defineHand({
  name: 'slurm/drop-copy',
  changes: true,
  input: z.strictObject({ stateId: z.uuid() }),
  output: done,
});
