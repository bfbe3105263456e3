import { z } from 'zod';
import type { Pod } from './types';

/** Parts of Kubernetes objects as `v1` has them; everything else is left out while reading. */
const metadata = z.object({
  name: z.string(),
  namespace: z.string().default(''),
  deletionTimestamp: z.string().optional(),
});
const condition = z.object({ type: z.string(), status: z.string() });

export const podObject = z.object({
  metadata,
  spec: z.object({ nodeName: z.string().default('') }).prefault({}),
  status: z
    .object({
      phase: z.string().default('Unknown'),
      conditions: z.array(condition).nullish(),
      containerStatuses: z.array(z.object({ restartCount: z.number().int().min(0) })).nullish(),
    })
    .prefault({}),
});
type PodObject = z.infer<typeof podObject>;

export const nodeObject = z.object({
  metadata: metadata.extend({ labels: z.record(z.string(), z.string()).default({}) }),
  spec: z.object({ unschedulable: z.boolean().default(false) }).prefault({}),
  status: z.object({ conditions: z.array(condition).nullish() }).prefault({}),
});
type NodeObject = z.infer<typeof nodeObject>;

const isTrue = (conditions: z.infer<typeof condition>[] | null | undefined, type: string) =>
  conditions?.some((one) => one.type === type && one.status === 'True') ?? false;

/** As kubectl shows it: one that is being deleted is `Terminating`. */
export function podOf({ metadata, spec, status }: PodObject): Pod {
  const statuses = status.containerStatuses ?? [];
  return {
    name: metadata.name,
    namespace: metadata.namespace,
    phase: metadata.deletionTimestamp === undefined ? status.phase : 'Terminating',
    node: spec.nodeName,
    ready: isTrue(status.conditions, 'Ready'),
    restarts: statuses.reduce((sum, { restartCount }) => sum + restartCount, 0),
  };
}

export interface KubeNode {
  name: string;
  ready: boolean;
  /** no new pods come to it */
  cordoned: boolean;
  controlPlane: boolean;
}

const CONTROL_PLANE = 'node-role.kubernetes.io/control-plane';

export function nodeOf({ metadata, spec, status }: NodeObject): KubeNode {
  return {
    name: metadata.name,
    ready: isTrue(status.conditions, 'Ready'),
    cordoned: spec.unschedulable,
    controlPlane: CONTROL_PLANE in metadata.labels,
  };
}
