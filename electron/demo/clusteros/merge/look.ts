import type { z } from 'zod';
import { clusterRecord } from '#agent/membership/records';
import type { Membership } from '#agent/membership/types';
import { Journal, type JournalState } from '#agent/operations/engine/journal';
import type { Seats } from '#agent/operations/handoff/etcd/routes';
import { handRoute } from '#agent/operations/hands/define';
import type { HandRoute } from '#agent/operations/hands/types';
import { lookAtCluster, lookAtCrosser } from '#agent/operations/merge/hands';
import { lockedBy } from '#agent/operations/merge/lock-record';
import type { Pacts } from '#agent/operations/merge/pact/pacts';
import { isOver } from '#shared/contract/agent/operations';
import { fail } from '#shared/contract/errors';
import type { CommonGround } from '../ground';
import { CLOCK_AHEAD_MS, SLURM_ID, sizeOf, VERSION } from '../slurm/hands';
import { uidOf } from '../slurm/jobs';
import type { SimSlurm } from '../slurm/sim-slurm';
import type { AgentNodeSpec } from '../specs';
import { mergeJob } from './jobs';
import type { SimKept } from './kept';

export interface MergeLookDeps {
  ground: CommonGround;
  spec: AgentNodeSpec;
  membership: Pick<Membership, 'cluster' | 'self' | 'members'>;
  state: JournalState;
  seats: Seats;
  slurm: SimSlurm;
  pacts: Pick<Pacts, 'known'>;
  kept: SimKept;
  stableSince(id: string): number | null;
}

type ClusterLook = z.input<typeof lookAtCluster.output>;

const GIB = 1024 ** 3;
const NETWORKS = { clusterCidr: '10.42.0.0/16', serviceCidr: '10.43.0.0/16' };

/** What one simulated node tells of itself and of its cluster for the plan of a merge. */
export function simulatedMergeLook(deps: MergeLookDeps): HandRoute[] {
  const { ground, spec, membership, kept } = deps;
  const { clock, faults, sites, version, world } = ground;
  return [
    handRoute(lookAtCluster, () => clusterOf(deps)),
    handRoute(lookAtCrosser, async ({ users, reach }) => {
      const { uuid, name } = membership.cluster;
      const hasSlurm = spec.roles.some((role) => role.startsWith('slurm-'));
      const hasKube = spec.roles.some((role) => role.startsWith('k3s-'));
      const isFull = faults.has(spec.name, 'disk-full');
      return {
        cluster: { uuid, name },
        hostName: spec.name,
        now: clock.now() + (faults.has(spec.name, 'clock-ahead') ? CLOCK_AHEAD_MS : 0),
        agentVersion: version,
        slurmVersion: hasSlurm ? VERSION : '',
        k3sVersion: hasKube ? (ground.kube?.machines()[0]?.version ?? '') : '',
        mergingEnabled: true,
        stateKind: 'etcd' as const,
        unreached: sites.isReached(membership.self.id) ? [] : [...(reach ?? [])],
        freeBytes: isFull ? 4_096 : spec.diskGiB * 0.5 * GIB,
        users: Object.fromEntries(users.map((user) => [user, numbersOf(user)])),
        keepBytes: sizeOf(world.jobs().length).bytes,
        kept: kept.list(),
      };
    }),
  ];
}

async function clusterOf(deps: MergeLookDeps): Promise<ClusterLook> {
  const { ground, membership, state, seats, pacts } = deps;
  const [record, busy, held, seated] = await Promise.all([
    state.get('cluster'),
    new Journal(state).active(),
    lockedBy(state),
    seats.seats(),
  ]);
  const { uuid, name, founding, createdAt } = clusterRecord.parse(record?.value);
  const voters = seated.members.map(({ node }) => node);
  return {
    cluster: { uuid, name, founding, createdAt: Math.round(createdAt * 1000) },
    self: membership.self.id,
    now: ground.clock.now(),
    members: membership
      .members()
      .filter(({ authenticated, status }) => authenticated && status !== 'left')
      .map((member) => ({
        id: member.id,
        name: member.name,
        address: member.address,
        apiPort: member.apiPort,
        fingerprint: member.fingerprint,
        roles: [...member.roles],
        alive: member.status === 'alive',
        voter: voters.includes(member.id),
        stableSince: deps.stableSince(member.id),
      })),
    busy: busy === null || isOver(busy) ? '' : busy.title,
    locked: held?.operation ?? '',
    pacts: pacts.known().map(({ card, until }) => ({
      uuid: card.cluster.uuid,
      until,
      nodes: card.nodes.map(({ id, fingerprint }) => ({ id, fingerprint })),
    })),
    state: {
      kind: 'etcd',
      healthy: seated.leader !== null,
      voters: voters.toSorted(),
      leader: seated.leader,
    },
    slurm: await slurmOf(deps),
    k3s: kubeOf(ground),
  };
}

/** @throws Failure SERVER_ERROR where no controller answers */
async function slurmOf({ ground, slurm }: MergeLookDeps): Promise<ClusterLook['slurm']> {
  const { world, controllers, clock } = ground;
  const record = await slurm.record();
  if (record === null) return null;
  if (controllers.primary === null) {
    const remedy = 'Look at the controller: scontrol ping.';
    throw fail('SERVER_ERROR', { remedy }, 'No slurmctld answers.');
  }
  world.advance(clock.now());
  const { config } = record;
  const seen = ground.slurm.facts();
  return {
    clusterName: config.clusterName,
    version: VERSION,
    controllers: config.controllers,
    shared: config.shared,
    stateSaveLocation: config.stateSaveLocation,
    firstJobId: config.firstJobId,
    lastJobId: world.lastJobId,
    accounting: 'accounting_storage/none',
    accounts: [],
    partitions: world.partitions().map(({ name, state }) => ({ name, state })),
    nodes: seen.nodes.map(({ name, state, cpus }) => ({ name, state, cpus })),
    jobs: world
      .jobs()
      .filter(({ endedAt }) => endedAt === null)
      .map((job) => mergeJob(world, job, clock.now())),
    user: config.slurmUser,
    extra: config.extra,
    maxNodes: 0,
  };
}

function kubeOf({ kube }: CommonGround): ClusterLook['k3s'] {
  if (kube === null) return null;
  const machines = kube.machines();
  const namesOf = (isServer: boolean) =>
    machines.filter((one) => one.isServer === isServer).map(({ name }) => name);
  return {
    version: machines[0]?.version ?? '',
    servers: namesOf(true),
    agents: namesOf(false),
    namespaces: [...new Set(kube.facts().pods.map(({ namespace }) => namespace))],
    ...NETWORKS,
  };
}

/** A directory service gives everybody the same numbers on all machines of the lab. */
function numbersOf(user: string): { uid: number; gid: number } {
  const id = user === 'slurm' ? SLURM_ID : uidOf(user);
  return { uid: id, gid: id };
}
