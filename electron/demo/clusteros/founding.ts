import { clusterRecord } from '#agent/membership/records';
import type { ClusterIdentity } from '#agent/membership/types';
import { CLUSTER_KEY, urlOf } from '#agent/roles/k3s/joining';
import { CONFIG_KEY, type SlurmConfig, slurmConfig } from '#agent/roles/slurm/config';
import { clusterNameOf } from '#agent/roles/slurm/names';
import type { Write } from '#agent/state/types';
import type { RoleName } from '#shared/contract/agent/dashboard';
import type { KubeSeats } from './kube/seats';
import type { SlurmWorld } from './slurm/world';
import type { ClusterOsSpec } from './specs';

export const namesWith = ({ nodes }: ClusterOsSpec, role: RoleName): string[] =>
  nodes.filter(({ roles }) => roles.includes(role)).map(({ name }) => name);

/** The address of a node in its cluster's own network; of a range for documentation. */
export const addressOf = ({ subnet, nodes }: ClusterOsSpec, name: string): string =>
  `${subnet}.${11 + nodes.findIndex((one) => one.name === name)}`;

/** All but the first server of k3s joined by that one. */
export function registerAll(spec: ClusterOsSpec, seats: KubeSeats): void {
  const [first, ...servers] = namesWith(spec, 'k3s-server');
  if (first === undefined) return;
  const url = urlOf(addressOf(spec, first));
  for (const name of [...servers, ...namesWith(spec, 'k3s-agent')]) seats.register(name, url);
}

/** A job that its owner holds back, and one that waits for it: at any hour there is something to release. */
export function submitWaiting({ nodes }: ClusterOsSpec, world: SlurmWorld): void {
  const partition = nodes.flatMap(({ partitions }) => partitions)[0];
  if (partition === undefined) return;
  const common = { user: 'dana', partition, minutes: 12 };
  const held = world.submit({ ...common, name: 'thesis-rerun', cpus: 4, held: true });
  world.submit({ ...common, name: 'thesis-figures', cpus: 1, after: held });
}

/** What stands in the shared state since the beginning. @param idOf id of a node by its name */
export function agreedOn(
  spec: ClusterOsSpec,
  identity: ClusterIdentity,
  stateId: string,
  idOf: (name: string) => string,
): Write[] {
  const controllers = namesWith(spec, 'slurm-controller').map(idOf);
  const [founder] = namesWith(spec, 'k3s-server');
  return [
    { key: 'cluster', put: clusterRecord.parse({ ...identity, founding: stateId }) },
    { key: CONFIG_KEY, put: slurmOf(spec, identity, controllers, stateId) },
    ...(founder === undefined ? [] : [{ key: CLUSTER_KEY, put: { founder: idOf(founder) } }]),
  ];
}

/** What the agents agreed on when the cluster was founded. */
const slurmOf = (
  { sharedJobs, firstJobId, nodes }: ClusterOsSpec,
  { name, uuid }: { name: string; uuid: string },
  controllers: readonly string[],
  stateId: string,
): SlurmConfig =>
  slurmConfig.parse({
    clusterName: clusterNameOf(name, uuid),
    controllers: sharedJobs ? controllers : controllers.slice(0, 1),
    stateSaveLocation: sharedJobs ? '/srv/slurm/state' : '/var/spool/slurmctld',
    shared: sharedJobs,
    stateId,
    firstJobId,
    slurmUser: 'slurm',
    containment: 'cgroup',
    slurmctldTimeoutMs: 10_000,
    slurmdTimeoutMs: 300_000,
    partitions: [...new Set(nodes.flatMap(({ partitions }) => partitions))].toSorted(),
    extra: [],
    revision: 1,
  });
