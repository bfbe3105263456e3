import { z } from 'zod';

/** Parts of pods and budgets as `v1` and `policy/v1` have them, as far as a drain needs them. */
const labels = z.record(z.string(), z.string()).default({});

export const drainedPod = z.object({
  metadata: z.object({
    name: z.string(),
    namespace: z.string(),
    uid: z.string(),
    deletionTimestamp: z.string().optional(),
    labels,
    annotations: labels,
    ownerReferences: z
      .array(
        z.object({ kind: z.string(), name: z.string(), controller: z.boolean().default(false) }),
      )
      .default([]),
  }),
  spec: z
    .object({
      nodeName: z.string().default(''),
      volumes: z.array(z.object({ emptyDir: z.looseObject({}).nullish() })).nullish(),
    })
    .prefault({}),
  status: z.object({ phase: z.string().default('Unknown') }).prefault({}),
});
export type DrainedPod = z.infer<typeof drainedPod>;

const requirement = z.object({
  key: z.string(),
  operator: z.enum(['In', 'NotIn', 'Exists', 'DoesNotExist']),
  values: z.array(z.string()).nullish(),
});
const selector = z.object({
  matchLabels: labels.nullish(),
  matchExpressions: z.array(requirement).nullish(),
});
export const budgetObject = z.object({
  metadata: z.object({ name: z.string(), namespace: z.string() }),
  /** without one it covers no pod, with an empty one every pod of its namespace */
  spec: z.object({ selector: selector.nullish() }).prefault({}),
  status: z
    .object({
      desiredHealthy: z.number().default(0),
      currentHealthy: z.number().default(0),
    })
    .prefault({}),
});
export type Budget = z.infer<typeof budgetObject>;

/** Whether a budget covers a pod: https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/ */
export function covers({ metadata, spec }: Budget, pod: DrainedPod): boolean {
  const { selector: wanted } = spec;
  if (metadata.namespace !== pod.metadata.namespace || !wanted) return false;
  const has = pod.metadata.labels;
  const isEqual = Object.entries(wanted.matchLabels ?? {}).every(
    ([key, value]) => has[key] === value,
  );
  return isEqual && (wanted.matchExpressions ?? []).every((one) => meets(one, has[one.key]));
}

function meets({ operator, values }: z.infer<typeof requirement>, value: string | undefined) {
  switch (operator) {
    case 'Exists':
      return value !== undefined;
    case 'DoesNotExist':
      return value === undefined;
    case 'In':
      return value !== undefined && (values ?? []).includes(value);
    case 'NotIn':
      return value === undefined || !(values ?? []).includes(value);
  }
}
