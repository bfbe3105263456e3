import { createHash } from 'node:crypto';
import { canonical } from '#shared/domain/canonical';
import type { Json } from '../../engine/types';
import type { ClusterLook } from './order';
import type { Survey } from './survey';

/**
 * What an approval rests on. What changes by itself, as jobs, free room, clocks and for how long nodes
 * answer, is looked at anew at the start, and is no part of it.
 */
export function factsOf({ gaining, losing, anchor, crossers }: Survey): Json {
  return {
    gaining: sideOf(gaining),
    losing: sideOf(losing),
    anchor: anchor.id,
    versions: Object.fromEntries(
      crossers.map(({ node, look }) => [
        node.name,
        [look?.agentVersion, look?.slurmVersion, look?.k3sVersion].join(' '),
      ]),
    ),
  };
}

/** Many nodes have to fit beside their plan: of each is kept only whether anything of it changed. */
const markOf = (node: Json): string =>
  createHash('sha256').update(canonical(node)).digest('hex').slice(0, 16);

function sideOf({ cluster, members, slurm, k3s, state }: ClusterLook): Json {
  return {
    uuid: cluster.uuid,
    name: cluster.name,
    founding: cluster.founding,
    nodes: Object.fromEntries(
      members
        .toSorted((a, b) => (a.name < b.name ? -1 : 1))
        .map(({ name, id, address, apiPort, fingerprint, roles }) => [
          name,
          markOf({ id, address, apiPort, fingerprint, roles: roles.toSorted() }),
        ]),
    ),
    state: state.kind,
    slurm: slurm && {
      clusterName: slurm.clusterName,
      version: slurm.version,
      controllers: slurm.controllers,
      shared: slurm.shared,
      stateSaveLocation: slurm.stateSaveLocation,
      accounting: slurm.accounting,
      accounts: slurm.accounts,
      partitions: slurm.partitions.map(({ name }) => name).toSorted(),
      extra: slurm.extra,
      user: slurm.user,
      maxNodes: slurm.maxNodes,
    },
    k3s: k3s && {
      version: k3s.version,
      servers: k3s.servers,
      clusterCidr: k3s.clusterCidr,
      serviceCidr: k3s.serviceCidr,
    },
  };
}
