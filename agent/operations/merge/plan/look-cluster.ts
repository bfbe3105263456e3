import type { z } from 'zod';
import { isOver } from '#shared/contract/agent/operations';
import { clusterRecord } from '../../../membership/records';
import type { Membership } from '../../../membership/types';
import type { Clock } from '../../../ports';
import type { EtcdSeats } from '../../../state/etcd/seats';
import type { State } from '../../../state/types';
import { KubeServers } from '../../departure/servers';
import { Journal, type JournalState } from '../../engine/journal';
import type { HandCall, HandContext, Hands } from '../../hands/types';
import type { lookAtCluster } from '../hands';
import { lockedBy } from '../lock-record';
import { PACTS, pactRecord } from '../pact/record';
import { lookAtKube } from './hands';
import { type SlurmLookDeps, slurmHere } from './look-slurm';

export interface ClusterLookDeps extends SlurmLookDeps {
  hands: Hands;
  membership: Pick<Membership, 'cluster' | 'self' | 'members'>;
  state: JournalState & Pick<State, 'health' | 'list'>;
  stateKind: 'etcd' | 'sqlite';
  /** null where the state is this node's alone */
  seats: { seats(): Promise<EtcdSeats> } | null;
  clock: Pick<Clock, 'now'>;
  /** since when a member answers without a break, unix ms; null where it does not */
  stableSince(id: string): number | null;
}

type ClusterLook = z.input<typeof lookAtCluster.output>;

/** This whole cluster as a plan for a merge must know it. Looks and changes nothing. */
export async function clusterHere(deps: ClusterLookDeps, call: HandCall): Promise<ClusterLook> {
  const { membership, state, clock } = deps;
  const [record, busy, held, pacts, kept, slurm, k3s] = await Promise.all([
    state.get('cluster', { signal: call.signal }),
    new Journal(state).active(),
    lockedBy(state),
    // as they are now: one may just have been made anew, at another node
    state.list(PACTS, { signal: call.signal }),
    stateHere(deps),
    slurmHere(deps, call.signal),
    kubeThere(deps, call),
  ]);
  const { uuid, name, founding, createdAt } = clusterRecord.parse(record?.value);
  const voters = new Set(kept.voters);
  const known = membership.members().filter(({ authenticated }) => authenticated);
  return {
    cluster: { uuid, name, founding, createdAt: Math.round(createdAt * 1000) },
    self: membership.self.id,
    now: clock.now(),
    members: known
      .filter(({ status }) => status !== 'left')
      .map((member) => ({
        id: member.id,
        name: member.name,
        address: member.address,
        apiPort: member.apiPort,
        fingerprint: member.fingerprint,
        roles: [...member.roles],
        alive: member.status === 'alive',
        voter: voters.has(member.id),
        stableSince: deps.stableSince(member.id),
      })),
    takenNames: known.filter(({ status }) => status === 'left').map((one) => one.name),
    busy: busy === null || isOver(busy) ? '' : busy.title,
    locked: held?.operation ?? '',
    pacts: pacts.flatMap(({ value }) => {
      const parsed = pactRecord.safeParse(value);
      if (!parsed.success) return [];
      const { card, until } = parsed.data;
      const nodes = card.nodes.map(({ id, fingerprint }) => ({ id, fingerprint }));
      return [{ uuid: card.cluster.uuid, until, nodes }];
    }),
    state: kept,
    slurm,
    k3s,
  };
}

async function stateHere({
  stateKind: kind,
  seats,
  state,
  membership,
}: ClusterLookDeps): Promise<ClusterLook['state']> {
  const healthy = (await state.health()) === 'ok';
  if (seats === null) {
    const { id } = membership.self;
    return { kind, healthy, voters: [id], leader: id };
  }
  const { members, leader } = await seats.seats();
  const voters = members.filter(({ isLearner }) => !isLearner).map(({ node }) => node);
  return { kind, healthy, voters: voters.toSorted(), leader };
}

/** Asked of a server of k3s, wherever among the members it is; null where none has that role. */
async function kubeThere(
  { hands, membership }: ClusterLookDeps,
  { signal, log }: HandCall,
): Promise<ClusterLook['k3s']> {
  const hasServer = membership
    .members()
    .some(({ roles, status }) => status !== 'left' && roles.includes('k3s-server'));
  if (!hasServer) return null;
  const context: HandContext = { operation: '', epoch: 0, signal, log: (line) => log(line) };
  return new KubeServers({ hands, membership }).call('', lookAtKube, {}, context);
}
