import { z } from 'zod';
import { roleName } from '#shared/contract/agent/dashboard';
import { isHost } from '#shared/domain/host';
import { PROTOCOL } from './protocol';

const unixSeconds = z.number().nonnegative();
const nonce = z.base64().length(44);
const host = z.string().refine(isHost);
const fingerprint = z.string().regex(/^([0-9A-F]{2}:){31}[0-9A-F]{2}$/);
/** as a host name's label, since SLURM and Kubernetes use it as one */
const nodeName = z.string().regex(/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/i);

/** What a node tells of itself. */
export const nodeDescription = z.object({
  id: z.uuid(),
  name: nodeName,
  address: host,
  tailscaleIp: z.union([z.literal(''), host]),
  apiPort: z.int().min(1).max(65_535),
  gossipPort: z.int().min(1).max(65_535),
  roles: z.array(roleName).max(4),
  voter: z.boolean(),
  /** `ram` as `16GB` */
  capabilities: z.object({
    cpu: z.int().nonnegative(),
    ram: z.string().max(20),
    gpu: z.int().nonnegative(),
    arch: z.string().max(20),
  }),
});
export type NodeDescription = z.infer<typeof nodeDescription>;

/** `members/<id>` in the shared state: a node that proved the cluster key. */
export const memberRecord = nodeDescription.extend({ fingerprint, joinedAt: unixSeconds });
export type MemberRecord = z.infer<typeof memberRecord>;

/** `names/<name>` in the shared state: who has this name. */
export const nameRecord = z.object({ id: z.uuid() });

/** `cluster` in the shared state. */
export const clusterRecord = z.object({
  uuid: z.uuid(),
  name: z.string().min(1),
  region: z.string(),
  datacenter: z.string(),
  createdAt: unixSeconds,
  /** random, made at the founding: tells two foundings from the same enrolment apart */
  founding: z.uuid(),
});
export type ClusterRecord = z.infer<typeof clusterRecord>;

/** What this node keeps on its own disk, so that it belongs to its cluster also when alone. */
export const membershipFile = z.object({
  version: z.literal(1),
  cluster: clusterRecord,
  /** `founding`: it founds, and the shared state did not stand yet when this was written */
  phase: z.enum(['founding', 'member']),
  joinedAt: unixSeconds,
  stateEndpoints: z.array(z.string()),
  members: z.array(memberRecord.extend({ lastSeen: unixSeconds })),
});
export type MembershipFile = z.infer<typeof membershipFile>;

/** `POST /api/v1/peer/hello` */
export const helloRequest = z.strictObject({
  protocol: z.int(),
  clusterUuid: z.string().max(64),
  nonce,
  /** DER in base64: shows that the node's id belongs to the certificate's key */
  certificate: z.base64().max(4096),
});
export const helloAnswer = z.object({ protocol: z.literal(PROTOCOL), nonce });

/** `POST /api/v1/peer/prove` */
export const proveRequest = z.strictObject({
  /** the member's, from its answer to hello */
  nonce,
  proof: z.base64().max(64),
  node: nodeDescription,
});
export const proveAnswer = z.object({
  proof: z.base64().max(64),
  cluster: clusterRecord,
  joinedAt: unixSeconds,
  members: z.array(memberRecord).max(5000),
  stateEndpoints: z.array(z.url()).max(50),
});
export type ProveAnswer = z.infer<typeof proveAnswer>;
