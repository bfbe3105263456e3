import { z } from 'zod';
import { roleName } from '#shared/contract/agent/dashboard';
import { defineHand } from '../hands/define';

/** What nodes do and look at for a merge. Each hand may be called again after a lost answer. */
const nothing = z.strictObject({});
const sha256 = z.string().regex(/^[0-9a-f]{64}$/);
const cluster = z.strictObject({ uuid: z.uuid(), name: z.string().min(1).max(64) });

/** A job as the plan and the live view show it. */
const job = z.object({
  id: z.string(),
  name: z.string(),
  user: z.string(),
  uid: z.int().nonnegative(),
  gid: z.int().nonnegative(),
  account: z.string(),
  partition: z.string(),
  /** SLURM's own word, as `PENDING` */
  state: z.string(),
  nodes: z.array(z.string()),
  /** '' where it can be carried over; else why it cannot, in a sentence */
  stays: z.string(),
});
export type MergeJob = z.infer<typeof job>;

/** A whole cluster, asked of one of its nodes: the anchor, or any node of the gaining one. */
export const lookAtCluster = defineHand({
  name: 'merge/cluster',
  changes: false,
  input: nothing,
  output: z.object({
    cluster: cluster.extend({ founding: z.string(), createdAt: z.number() }),
    /** node id */
    self: z.string(),
    now: z.number(),
    members: z.array(
      z.object({
        id: z.string(),
        name: z.string(),
        address: z.string(),
        apiPort: z.int(),
        fingerprint: z.string(),
        roles: z.array(roleName),
        alive: z.boolean(),
        voter: z.boolean(),
        stableSince: z.number().nullable(),
      }),
    ),
    /** names that nodes which left still have: no other one is taken in under them */
    takenNames: z.array(z.string()).default([]),
    /** title of an operation that is under way; '' where none is */
    busy: z.string(),
    /** whom it lets call for a merge: the other cluster's nodes as its card told of them */
    pacts: z
      .array(
        z.object({
          uuid: z.uuid(),
          until: z.number(),
          nodes: z.array(z.object({ id: z.string(), fingerprint: z.string() })),
        }),
      )
      .default([]),
    /** by whom it is held for a merge: id of the operation; '' by nobody */
    locked: z.string(),
    state: z.object({
      kind: z.enum(['etcd', 'sqlite']),
      /** whether a quorum takes changes */
      healthy: z.boolean(),
      /** node ids */
      voters: z.array(z.string()),
      leader: z.string().nullable(),
    }),
    /** null where it has no SLURM */
    slurm: z
      .object({
        clusterName: z.string(),
        version: z.string(),
        /** node ids, the first is in control */
        controllers: z.array(z.string()),
        shared: z.boolean(),
        stateSaveLocation: z.string(),
        firstJobId: z.int(),
        /** the highest number given out so far; 0 where none was */
        lastJobId: z.int(),
        /** as `accounting_storage/none` */
        accounting: z.string(),
        accounts: z.array(z.string()),
        partitions: z.array(z.object({ name: z.string(), state: z.string() })),
        nodes: z.array(z.object({ name: z.string(), state: z.string(), cpus: z.int() })),
        jobs: z.array(job),
        user: z.string(),
        /** lines that the admin added to slurm.conf */
        extra: z.array(z.string()),
        maxNodes: z.int(),
      })
      .nullable(),
    /** null where it has no k3s */
    k3s: z
      .object({
        version: z.string(),
        /** node names */
        servers: z.array(z.string()),
        agents: z.array(z.string()),
        namespaces: z.array(z.string()),
        clusterCidr: z.string(),
        serviceCidr: z.string(),
      })
      .nullable(),
  }),
});

/** One node before it crosses; asked on that node, and on nodes of the gaining cluster to compare. */
export const lookAtCrosser = defineHand({
  name: 'merge/node',
  changes: false,
  input: z.strictObject({
    users: z.array(z.string().max(64)).max(2000),
    /** `host:port` that it must reach to cross, as agents of the gaining cluster */
    reach: z.array(z.string().max(80)).max(50).default([]),
  }),
  output: z.object({
    /** the cluster this node belongs to now, as its enrolment says */
    cluster,
    hostName: z.string(),
    now: z.number(),
    agentVersion: z.string(),
    /** '' where it is not installed */
    slurmVersion: z.string(),
    k3sVersion: z.string(),
    mergingEnabled: z.boolean(),
    /** how its configuration keeps the shared state; only `etcd` can be shared */
    stateKind: z.enum(['etcd', 'sqlite']).default('etcd'),
    /** those of `reach` where nobody answers */
    unreached: z.array(z.string()).default([]),
    freeBytes: z.number(),
    /** for each user asked for: its numbers here; null where there is none of that name */
    users: z.record(
      z.string(),
      z.object({ uid: z.int().nonnegative(), gid: z.int().nonnegative() }).nullable(),
    ),
    /** of the folders that are kept when it crosses */
    keepBytes: z.number(),
    /** what lies kept here, by operation */
    kept: z.array(
      z.object({ operation: z.string(), cluster, at: z.number(), intact: z.boolean() }),
    ),
  }),
});

/**
 * Holds a whole cluster for one merge: no other operation begins there, nobody joins it. On the
 * anchor; taken once, by the first that asks. @throws REVISION_CHANGED where another holds it
 */
export const lockCluster = defineHand({
  name: 'merge/lock',
  changes: true,
  input: z.strictObject({
    by: cluster,
    operation: z.uuid(),
    /** node ids that may (still, or again) become members */
    allows: z.array(z.string()).max(2000),
  }),
  output: nothing,
});
/** Lets go of it; also where it was not held. */
export const unlockCluster = defineHand({
  name: 'merge/unlock',
  changes: true,
  input: z.strictObject({ operation: z.uuid() }),
  output: nothing,
});

/**
 * Puts what a return needs aside under the state folder's `kept/<operation>`, with a list of SHA-256
 * sums that is read back: enrolment, membership, munge key, configurations; on the anchor also a
 * snapshot of the shared state and SLURM's saved state.
 */
export const keepNode = defineHand({
  name: 'merge/keep',
  changes: true,
  input: z.strictObject({ operation: z.uuid(), whole: z.boolean() }),
  output: z.object({ bytes: z.number(), files: z.int(), sum: sha256 }),
});

/** No job begins any more in the whole cluster, and none is taken; running ones go on. On the anchor. */
export const drainCluster = defineHand({
  name: 'merge/drain',
  changes: true,
  input: z.strictObject({ operation: z.uuid() }),
  /** partitions that are closed now, with the state each had before */
  output: z.object({ before: z.record(z.string(), z.string()) }),
});
export const undrainCluster = defineHand({
  name: 'merge/undrain',
  changes: true,
  input: z.strictObject({ before: z.record(z.string(), z.string()) }),
  output: nothing,
});
/** Whether submissions are refused there now. */
export const lookAtDrain = defineHand({
  name: 'merge/drained',
  changes: false,
  input: nothing,
  output: z.object({ drained: z.boolean(), running: z.array(job), pending: z.array(job) }),
});

/**
 * Takes a node out of the losing cluster's SLURM and off its list of members, once it has crossed; or
 * takes its copy of the state back beforehand. On the anchor.
 */
export const releaseNode = defineHand({
  name: 'merge/release',
  changes: true,
  input: z.strictObject({ node: z.string(), what: z.enum(['seat', 'member']) }),
  output: z.object({ done: z.boolean(), waitingFor: z.string() }),
});

/** The other way: it may have a seat again. On the anchor. */
export const welcomeNode = defineHand({
  name: 'merge/welcome',
  changes: true,
  input: z.strictObject({ node: z.string() }),
  output: nothing,
});

/** What the node needs to join the gaining cluster; it holds a secret and is never logged. */
export const stageNode = defineHand({
  name: 'merge/stage',
  changes: true,
  input: z.strictObject({
    operation: z.uuid(),
    /** text of the gaining cluster's enrolment file */
    enrolment: z.string().min(1).max(65_536),
  }),
  output: nothing,
});

/**
 * The agent leaves its cluster and begins anew in the one that was staged; what it has of the old one
 * is kept. Refused while jobs or steps are on the node. Answers before it does it.
 */
export const crossOver = defineHand({
  name: 'merge/cross',
  changes: true,
  input: z.strictObject({ operation: z.uuid(), from: z.uuid(), to: z.uuid() }),
  output: z.object({ state: z.enum(['begun', 'there']) }),
});
/** The way back, from what was kept: on a node that has crossed over, called as a member there. */
export const crossBack = defineHand({
  name: 'merge/return',
  changes: true,
  input: z.strictObject({ operation: z.uuid(), from: z.uuid(), to: z.uuid() }),
  output: z.object({ state: z.enum(['begun', 'there']) }),
});

/** Deletes what was kept for a return, keys first. */
export const dropKept = defineHand({
  name: 'merge/drop',
  changes: true,
  input: z.strictObject({ operation: z.uuid() }),
  output: z.object({ files: z.int() }),
});

/** Proves that a node works in its cluster: munge both ways, one `srun` on it. On a node there. */
export const proveNode = defineHand({
  name: 'merge/prove',
  changes: true,
  input: z.strictObject({ node: z.string() }),
  output: z.object({
    munge: z.boolean(),
    srun: z.boolean(),
    /** why not, in a sentence; '' where all is well */
    why: z.string(),
  }),
});

/** What the losing cluster has that must be known in the gaining one: tokens by their hash. On the anchor. */
export const exportTokens = defineHand({
  name: 'merge/tokens',
  changes: false,
  input: nothing,
  output: z.object({ tokens: z.array(z.json()).max(2000) }),
});
