import { z } from 'zod';
import { defineHand } from '../../hands/define';

const nothing = z.strictObject({});
const nodeName = z.string().min(1).max(253);
const url = z.url({ protocol: /^https$/ });

/** A member of k3s' own etcd. */
export const kubeMember = z.object({
  /** in hex, as etcdctl prints it */
  id: z.string(),
  /** of the Kubernetes node that runs it; '' where none is known */
  node: z.string(),
  isLearner: z.boolean(),
  isLeader: z.boolean(),
  /** it answers, and knows a leader */
  isAnswering: z.boolean(),
});
export type KubeMember = z.infer<typeof kubeMember>;

const kubeMachine = z.object({
  name: z.string(),
  ready: z.boolean(),
  cordoned: z.boolean(),
  /** id of the operation that cordoned it; '' where none did */
  cordonedBy: z.string(),
  isServer: z.boolean(),
  /** as `v1.31.4+k3s1` */
  version: z.string(),
  /** whether k3s was asked to take its member out of etcd, and whether it did */
  removal: z.enum(['none', 'asked', 'done']),
});
export type KubeMachine = z.infer<typeof kubeMachine>;

/** What one server sees of its Kubernetes: asked on any node with the role k3s-server. */
export const lookAtK3s = defineHand({
  name: 'k3s/look',
  changes: false,
  input: nothing,
  output: z.object({
    ready: z.boolean(),
    /** why this server is not ready, or what was proved */
    message: z.string(),
    nodes: z.array(kubeMachine),
    /** null where its data are not in etcd of its own, or that could not be asked */
    members: z.array(kubeMember).nullable(),
    /** why `members` are not known; '' where they are, or there are none to be known */
    trouble: z.string(),
    /** whether it can be restored from what this node keeps: the token belongs to every snapshot */
    hasToken: z.boolean(),
  }),
});

/** By which server this node joined, asked on any node with a role of k3s. */
export const lookAtRegistration = defineHand({
  name: 'k3s/registration',
  changes: false,
  input: nothing,
  /** null: it began the cluster, or has not joined */
  output: z.object({
    server: z.string().nullable(),
    isRunning: z.boolean(),
    /** whether it keeps a server's data */
    hasData: z.boolean(),
  }),
});

/** From its next start on this node joins by another server; k3s itself runs on. */
export const register = defineHand({
  name: 'k3s/register',
  changes: true,
  input: z.strictObject({ from: url, to: url }),
  output: nothing,
});

/**
 * After its member was removed and k3s has stopped: what it knew of the cluster is kept aside, so that
 * it can join anew. Nothing is deleted.
 */
export const setAside = defineHand({
  name: 'k3s/set-aside',
  changes: true,
  input: nothing,
  output: nothing,
});

/** A pod on a node that is to be emptied, and what becomes of it. */
export const nodePod = z.object({
  namespace: z.string(),
  name: z.string(),
  uid: z.string(),
  /** Kubernetes' own word, `Terminating` where it is being deleted */
  phase: z.string(),
  /** `goes`: it may be evicted; `blocked`: it may not now; `stays`: a drain leaves it alone */
  fate: z.enum(['goes', 'blocked', 'stays']),
  /** why, '' for one that simply goes */
  why: z.string(),
  /** what blocks it, with how many healthy pods it wants and has */
  budget: z.object({ name: z.string(), need: z.number(), have: z.number() }).nullable(),
  /** what it keeps on the node is deleted with it */
  hasLocalData: z.boolean(),
});
export type NodePod = z.infer<typeof nodePod>;
const podsAnswer = z.object({ pods: z.array(nodePod) });

/** Tries every eviction as a dry run, on a server. */
export const lookAtPods = defineHand({
  name: 'k3s/pods',
  changes: false,
  input: z.strictObject({ node: nodeName }),
  output: podsAnswer,
});

/** One round of evictions, all at once, on a server; what is left is answered. */
export const evictPods = defineHand({
  name: 'k3s/evict',
  changes: true,
  input: z.strictObject({ node: nodeName }),
  output: podsAnswer,
});

/** `on`: no new pods come to it, marked with the operation. Off: only where this operation did it. */
export const cordon = defineHand({
  name: 'k3s/cordon',
  changes: true,
  input: z.strictObject({ node: nodeName, on: z.boolean() }),
  output: nothing,
});

/** Saves etcd and proves the file, on a server; asked again it finds the one of this operation. */
export const takeSnapshot = defineHand({
  name: 'k3s/snapshot',
  changes: true,
  input: nothing,
  output: z.object({ path: z.string(), bytes: z.number() }),
});
export const lookForSnapshot = defineHand({
  name: 'k3s/snapshot-look',
  changes: false,
  input: z.strictObject({ operation: z.string() }),
  output: z.object({ path: z.string().nullable(), bytes: z.number() }),
});

/** Hands the lead of k3s' etcd on, asked on the node that has it. */
export const yieldKubeLead = defineHand({
  name: 'k3s/lead',
  changes: true,
  input: z.strictObject({ to: nodeName }),
  output: nothing,
});

/** Asks k3s to take a server's member out of etcd while it is alive, on another server. */
export const removeMember = defineHand({
  name: 'k3s/remove',
  changes: true,
  input: z.strictObject({ node: nodeName }),
  output: nothing,
});

/** Takes a node that has stopped out of Kubernetes, on a server. */
export const deleteNode = defineHand({
  name: 'k3s/delete',
  changes: true,
  input: z.strictObject({ node: nodeName }),
  output: nothing,
});
