import { queryLanguage } from './query-language';

/** What the query looks at of one pod; a row of the inventory has it. */
export interface QueriedPod {
  name: string;
  namespace: string;
  phase: string;
  node: string;
  ready: boolean;
  restarts: number;
}

const FLAGS: Record<string, (pod: QueriedPod) => boolean> = {
  ready: (pod) => pod.ready,
  running: (pod) => pod.phase === 'Running',
  pending: (pod) => pod.phase === 'Pending',
  failed: (pod) => pod.phase === 'Failed',
};

/** The query about pods. */
export const PODS = queryLanguage<QueriedPod>({
  words: {
    name: (pod) => [pod.name],
    namespace: (pod) => [pod.namespace],
    phase: (pod) => [pod.phase],
    node: (pod) => [pod.node],
  },
  numbers: { restarts: { scale: 'plain', value: (pod) => pod.restarts } },
  flags: FLAGS,
  byPart: ['name'],
  searched: (pod) => [pod.name, pod.namespace, pod.node],
  help: [
    { field: 'namespace', example: 'namespace:default', meaning: 'in this namespace' },
    {
      field: 'name',
      example: 'name:web*',
      meaning: 'the name contains it; * and ? stand for anything',
    },
    { field: 'phase', example: 'phase:pending', meaning: 'in this phase' },
    { field: 'node', example: 'node:a1', meaning: 'on this node' },
    { field: 'restarts', example: 'restarts:>3', meaning: 'restarted this often' },
    {
      field: 'is',
      example: '-is:ready',
      meaning: `one of ${Object.keys(FLAGS).join(', ')}; a minus turns it round`,
    },
  ],
});
