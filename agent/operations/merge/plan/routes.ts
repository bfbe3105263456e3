import { fail } from '#shared/contract/errors';
import { handRoute } from '../../hands/define';
import type { HandRoute } from '../../hands/types';
import { lookAtCluster, lookAtCrosser } from '../hands';
import { lookAtKube } from './hands';
import { type ClusterLookDeps, clusterHere } from './look-cluster';
import { type KubeLookDeps, kubeHere } from './look-kube';
import { type NodeLookDeps, nodeHere } from './look-node';

export type MergeLookDeps = ClusterLookDeps & NodeLookDeps & { kube: KubeLookDeps };

/** What this node tells of itself and of its cluster for the plan of a merge. */
export function mergeLookRoutes(deps: MergeLookDeps): HandRoute[] {
  return [
    handRoute(lookAtCluster, (_, call) => clusterHere(deps, call)),
    handRoute(lookAtCrosser, (input, { signal }) => nodeHere(deps, input, signal)),
    handRoute(lookAtKube, (_, { signal }) => {
      if (deps.kube.server.enabled) return kubeHere(deps.kube, signal);
      const remedy = 'Ask a node with the role k3s-server.';
      throw fail('UNSUPPORTED', { remedy }, 'This node is no server of k3s.');
    }),
  ];
}
