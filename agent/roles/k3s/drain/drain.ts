import { z } from 'zod';
import { Failure, fail } from '#shared/contract/errors';
import type { NodePod } from '../../../operations/handoff/k3s/hands';
import type { KubeClient } from '../client';
import { refusal } from '../errors';
import { daemonSetOf, type Sorted, sorted } from './filters';
import { type Budget, budgetObject, covers, type DrainedPod, drainedPod } from './objects';

const PAGE = 500;
const LIST_MS = 10_000;
const EVICT_MS = 10_000;

const page = z.object({
  metadata: z.object({ continue: z.string().default('') }),
  items: z.array(z.unknown()),
});
/** https://kubernetes.io/docs/concepts/scheduling-eviction/api-eviction/ */
const refusedEviction = z.object({
  reason: z.string().optional(),
  details: z
    .object({ causes: z.array(z.object({ reason: z.string().optional() })).nullish() })
    .nullish(),
});

interface Options {
  client: KubeClient;
  signal?: AbortSignal;
}

/**
 * What becomes of the pods of one node when it is emptied; every eviction is tried as a dry run.
 * @throws Failure of the API
 */
export function lookAtDrain(node: string, options: Options): Promise<NodePod[]> {
  return round(node, options, true);
}

/**
 * Asks for all evictions at once, as `kubectl drain` does, and forces none. To be repeated until
 * nothing goes any more.
 * @returns what was there before, and why it is not gone yet
 */
export function evictAll(node: string, options: Options): Promise<NodePod[]> {
  return round(node, options, false);
}

async function round(node: string, options: Options, isDryRun: boolean): Promise<NodePod[]> {
  const selector = encodeURIComponent(`spec.nodeName=${node}`);
  const [pods, budgets] = await Promise.all([
    all(options, `/api/v1/pods?fieldSelector=${selector}&`, drainedPod),
    all(options, '/apis/policy/v1/poddisruptionbudgets?', budgetObject),
  ]);
  const known = await daemonSets(pods, options);
  const judged = await Promise.all(
    pods.map(async (pod) => {
      const { namespace } = pod.metadata;
      const first = sorted(pod, known.has(`${namespace}/${daemonSetOf(pod) ?? ''}`));
      if (first.fate !== 'goes' || first.isGoing) return told(pod, first, null);
      return judge(pod, first, budgets, options, isDryRun);
    }),
  );
  return judged.filter((pod) => pod !== null);
}

/** @returns null for one that is gone */
async function judge(
  pod: DrainedPod,
  first: Sorted,
  budgets: readonly Budget[],
  { client, signal }: Options,
  isDryRun: boolean,
): Promise<NodePod | null> {
  const { namespace, name, uid } = pod.metadata;
  const path = `/api/v1/namespaces/${namespace}/pods/${name}/eviction`;
  const answer = await client.ask({
    method: 'POST',
    path: isDryRun ? `${path}?dryRun=All` : path,
    body: {
      apiVersion: 'policy/v1',
      kind: 'Eviction',
      metadata: { name, namespace },
      // one that was made anew under this name is another pod
      deleteOptions: { preconditions: { uid } },
    },
    deadlineMs: EVICT_MS,
    ...(signal && { signal }),
  });
  const blocked = (why: string, budget: NodePod['budget'] = null) =>
    told(pod, { ...first, fate: 'blocked', why }, budget);
  const covering = budgets.filter((budget) => covers(budget, pod));
  const [budget] = covering;
  const words = refusedEviction.safeParse(jsonOf(answer.text)).data;
  const causes = words?.details?.causes?.map(({ reason }) => reason) ?? [];
  switch (answer.status) {
    case 200:
    case 201:
      return told(pod, first, null);
    case 404:
      return null;
    // another one of this name by now, or a change in between: the next round sees
    case 409:
      return blocked('It was changed meanwhile and is looked at again.');
    case 429:
      if (answer.headers['retry-after'] === undefined && causes.includes('DisruptionBudget')) {
        return blocked(...byBudget(budget));
      }
      return blocked('Kubernetes works its budget out and asks for patience.');
    case 403:
      // its namespace is being deleted, and it goes with it
      if (causes.includes('NamespaceTerminating')) return told(pod, first, null);
      break;
    case 500:
      if (covering.length > 1) {
        const names = covering.map(({ metadata }) => metadata.name).join(' and ');
        return blocked(`The budgets ${names} both cover it, so Kubernetes evicts it never.`);
      }
  }
  throw refusal(path, answer);
}

function byBudget(budget: Budget | undefined): [string, NodePod['budget']] {
  if (budget === undefined) return ['A disruption budget covers it.', null];
  const { desiredHealthy: need, currentHealthy: have } = budget.status;
  const { name } = budget.metadata;
  return [`The budget ${name} needs ${need} healthy pods and has ${have}.`, { name, need, have }];
}

const told = (pod: DrainedPod, { fate, why, hasLocalData }: Sorted, budget: NodePod['budget']) => {
  const { namespace, name, uid, deletionTimestamp } = pod.metadata;
  const phase = deletionTimestamp === undefined ? pod.status.phase : 'Terminating';
  return { namespace, name, uid, phase, fate, why, budget, hasLocalData };
};

/** Which of the DaemonSets that made these pods are still there. */
async function daemonSets(
  pods: readonly DrainedPod[],
  { client, signal }: Options,
): Promise<ReadonlySet<string>> {
  const asked = new Set(
    pods.flatMap((pod) => {
      const name = daemonSetOf(pod);
      return name === null ? [] : [`${pod.metadata.namespace}/${name}`];
    }),
  );
  const found = await Promise.all(
    [...asked].map(async (key) => {
      const [namespace, name] = key.split('/');
      const path = `/apis/apps/v1/namespaces/${namespace}/daemonsets/${name}`;
      try {
        await client.json({ path, ...(signal && { signal }) });
        return key;
      } catch (error) {
        if (error instanceof Failure && error.code === 'NOT_FOUND') return null;
        throw error;
      }
    }),
  );
  return new Set(found.filter((key) => key !== null));
}

/** @param path with the query begun, as `/api/v1/pods?` */
async function all<T>(
  { client, signal }: Options,
  path: string,
  schema: z.ZodType<T>,
): Promise<T[]> {
  const found: T[] = [];
  let next = '';
  do {
    const query = `limit=${PAGE}${next && `&continue=${encodeURIComponent(next)}`}`;
    const request = { path: `${path}${query}`, deadlineMs: LIST_MS, ...(signal && { signal }) };
    const read = page.safeParse(await client.json(request));
    // one that cannot be read must not be overlooked: a drain that misses a pod kills it
    const items = z.array(schema).safeParse(read.data?.items);
    if (!read.success || !items.success) {
      const remedy = 'Check that the versions of k3s and of this agent fit.';
      throw fail('BAD_RESPONSE', { remedy, path }, 'Kubernetes lists something that is no pod.');
    }
    found.push(...items.data);
    next = read.data.metadata.continue;
  } while (next !== '');
  return found;
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
