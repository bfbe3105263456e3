import type { KubeObject, KubeObjects } from './objects';

export interface Reply {
  status: number;
  body: unknown;
  headers?: Record<string, string>;
}

/** As Kubernetes refuses: a Status object. */
export function status(
  code: number,
  reason: string,
  message: string,
  details: Record<string, unknown> = {},
): Reply {
  const body = { kind: 'Status', apiVersion: 'v1', status: 'Failure', code, reason, message };
  return { status: code, body: Object.keys(details).length > 0 ? { ...body, details } : body };
}

/**
 * `POST .../pods/NAME/eviction`, by the registry of Kubernetes 1.26
 * (pkg/registry/core/pod/storage/eviction.go), as measured on a real kube-apiserver: 201 done; 404
 * gone; two budgets on one pod 500; a budget whose status is behind its spec 429 with Retry-After;
 * a budget that allows no disruption 429 with cause DisruptionBudget and without Retry-After;
 * `dryRun=All` answers alike and does nothing.
 */
export function evict(
  objects: KubeObjects,
  namespace: string,
  name: string,
  isDryRun: boolean,
): Reply {
  const pod = objects.get('pods', namespace, name);
  if (pod === null) return status(404, 'NotFound', `pods "${name}" not found`);
  const done: Reply = {
    status: 201,
    body: { kind: 'Status', apiVersion: 'v1', status: 'Success' },
  };
  const phase = pod.status?.['phase'];
  // what is over disturbs nobody
  const isOver = phase === 'Succeeded' || phase === 'Failed' || phase === 'Pending';
  const budgets = isOver ? [] : budgetsOf(objects, pod);
  if (budgets.length > 1) {
    const text =
      'This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.';
    return status(500, 'InternalError', text);
  }
  const [budget] = budgets;
  if (budget !== undefined) {
    const refused = refusedBy(budget);
    if (refused !== null) return refused;
    if (!isDryRun) spend(objects, budget);
  }
  if (!isDryRun) objects.delete('pods', namespace, name);
  return done;
}

function refusedBy(budget: KubeObject): Reply | null {
  const observed = Number(budget.status?.['observedGeneration'] ?? 0);
  const generation = Number(budget.spec?.['generation'] ?? 0);
  const message = "Cannot evict pod as it would violate the pod's disruption budget.";
  if (observed < generation) {
    const seconds = 10;
    const late = status(429, 'TooManyRequests', message, { retryAfterSeconds: seconds });
    return { ...late, headers: { 'retry-after': String(seconds) } };
  }
  if (Number(budget.status?.['disruptionsAllowed'] ?? 0) > 0) return null;
  const text = `The disruption budget ${budget.metadata.name} needs more healthy pods`;
  const cause = { reason: 'DisruptionBudget', message: text };
  return status(429, 'TooManyRequests', message, { causes: [cause] });
}

function spend(objects: KubeObjects, budget: KubeObject): void {
  const allowed = Number(budget.status?.['disruptionsAllowed'] ?? 0);
  const next = { ...budget.status, disruptionsAllowed: allowed - 1 };
  objects.put('poddisruptionbudgets', { ...budget, status: next });
}

/** Budgets of the pod's namespace whose labels it has. */
function budgetsOf(objects: KubeObjects, pod: KubeObject): KubeObject[] {
  return objects.list('poddisruptionbudgets', pod.metadata.namespace ?? '').filter((budget) => {
    const selector = budget.spec?.['selector'];
    const labels =
      typeof selector === 'object' && selector !== null && 'matchLabels' in selector
        ? Object.entries(selector.matchLabels as Record<string, string>)
        : [];
    return labels.every(([key, value]) => pod.metadata.labels?.[key] === value);
  });
}
