import { z } from 'zod';
import { jobsAnswer, serviceStatus } from '#shared/contract/agent/dashboard';
import type { KubeNode } from './objects';
import type { KubeView } from './observer';
import type { KubeFacts } from './types';

export const FACTS_KEY = 'k3s/facts';
/** More would not fit into one value of the shared state. */
const MAX_TOLD = 2_000;
/** The server that leads tells at least every ten seconds. */
const GOOD_FOR_MS = 30_000;

const component = z.object({ status: serviceStatus, message: z.string() });
/** What the leading server tells the nodes that cannot ask the Kubernetes API themselves. */
export const toldFacts = z.object({
  by: z.string(),
  /** ms since 1970 */
  asOf: z.number(),
  server: component,
  agent: component,
  nodeCount: z.number().int().min(0),
  pods: jobsAnswer.shape.jobs.shape.k3s.shape.pods,
  podCount: z.number().int().min(0),
});
export type ToldFacts = z.infer<typeof toldFacts>;

/** From a server's own view. */
export function toldOf(by: string, view: KubeView): ToldFacts {
  const servers = view.nodes.filter(({ controlPlane }) => controlPlane);
  return {
    by,
    asOf: view.asOf,
    server: componentOf(servers, 'server'),
    agent: componentOf(view.nodes, 'node'),
    nodeCount: view.nodes.length,
    pods: view.pods.toSorted(byPlace).slice(0, MAX_TOLD),
    podCount: view.podCount,
  };
}

export function factsOf(told: ToldFacts, trouble: string | null): KubeFacts {
  const { server, agent, nodeCount, pods, podCount, asOf } = told;
  return { server, agent, nodeCount, pods, podCount, asOf, trouble };
}

/** What another server told, and whether that is too long ago. */
export function heardOf(told: ToldFacts | null, nowMs: number): KubeFacts {
  if (told === null) return NOTHING_HEARD;
  const ageMs = nowMs - told.asOf;
  const trouble =
    ageMs <= GOOD_FOR_MS
      ? null
      : `k3s on ${told.by} told of itself ${Math.round(ageMs / 1000)} s ago.`;
  return factsOf(told, trouble);
}

const unknown = { status: 'unknown', message: 'No k3s server has told of itself yet.' } as const;
const NOTHING_HEARD: KubeFacts = {
  server: unknown,
  agent: unknown,
  nodeCount: null,
  pods: [],
  podCount: null,
  asOf: null,
  trouble: null,
};

function componentOf(nodes: readonly KubeNode[], word: string): KubeFacts['server'] {
  const ready = nodes.filter((node) => node.ready).length;
  if (nodes.length === 0) return { status: 'stopped', message: `There is no ${word}.` };
  const message = `${ready} of ${nodes.length} ${nodes.length === 1 ? word : `${word}s`} ready`;
  return { status: ready > 0 ? 'running' : 'error', message };
}

const byPlace = (a: { namespace: string; name: string }, b: { namespace: string; name: string }) =>
  a.namespace < b.namespace || (a.namespace === b.namespace && a.name < b.name) ? -1 : 1;
