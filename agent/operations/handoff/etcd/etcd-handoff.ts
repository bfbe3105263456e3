import type { Candidate, PlanCheck } from '#shared/contract/agent/operations';
import { Failure, fail } from '#shared/contract/errors';
import type { Member, Membership } from '../../../membership/types';
import type { EtcdSeats } from '../../../state/etcd/seats';
import { alive, failed, fine, memberNamed, NO_BLAST } from '../../departure/checks';
import type { Json, StepContext } from '../../engine/types';
import type { HandContext, Hands } from '../../hands/types';
import type { Draft, PlannedStep, RoleHandoff } from '../../types';
import { lookAtEtcd, yieldLead } from './hands';
import type { Seats } from './routes';

export interface EtcdHandoffDeps {
  hands: Hands;
  membership: Pick<Membership, 'self' | 'members'>;
  /** of this node; null where the state is its own alone */
  seats: Seats | null;
}

const DEADLINE_MS = 15_000;
/** How many entries a voter may be behind and still lead at once. */
const MAX_BEHIND = 1_000;

/** The lead of the shared state, as before maintenance or to balance the load after it. */
export class EtcdHandoff implements RoleHandoff {
  readonly role = 'etcd';
  readonly version = 1;
  readonly #deps: EtcdHandoffDeps;

  constructor(deps: EtcdHandoffDeps) {
    this.#deps = deps;
  }

  isThere(): boolean {
    return this.#deps.seats !== null;
  }

  async draft(to: string, context: HandContext): Promise<Draft> {
    const { hands, membership } = this.#deps;
    const members = membership.members();
    const target = memberNamed(members, to);
    const seats = await hands.call(membership.self.id, lookAtEtcd, {}, context);
    const from = members.find(({ id }) => id === seats.leader);
    const voters = seats.members.filter(({ isLearner }) => !isLearner);
    return {
      title: `Lead of the shared state: ${from?.name ?? 'nobody'} to ${to}`,
      params: { role: this.role, to, from: from?.name ?? '' },
      facts: { leader: seats.leader, voters: voters.map(({ node }) => node).toSorted() },
      procedure: '',
      reason: 'etcd moves its lead by itself; every node goes on reading and writing.',
      checks: [alive(target), ...checksOf(target, seats)],
      expectedPauseMs: 0,
      blast: NO_BLAST,
      irreversible: [],
      confirm: to,
      rollbackMs: 0,
    };
  }

  steps({ to, from }: Readonly<Record<string, Json>>): readonly PlannedStep[] {
    return [moveLead(this.#deps, String(to), String(from), true)];
  }

  async candidates(): Promise<Candidate[]> {
    const { seats, membership } = this.#deps;
    if (seats === null) return [];
    const seen = await seats.seats().catch((error: unknown) => {
      if (error instanceof Failure) return null;
      throw error;
    });
    return membership.members().flatMap((member) => {
      if (!member.authenticated) return [];
      const holds = seen?.leader === member.id;
      const checks = seen === null ? [] : [alive(member), ...checksOf(member, seen)];
      const wrong = checks.filter(({ state }) => state === 'failed');
      const fit = seen !== null && wrong.length === 0 && !holds;
      const reasons =
        seen === null
          ? ['The shared state does not answer.']
          : wrong.length > 0
            ? wrong.map(({ detail }) => detail)
            : [holds ? 'It leads now.' : 'It has a vote and is up to date.'];
      return { node: member.name, holds, fit, reasons };
    });
  }
}

function checksOf({ id, name }: Member, { members, leader }: EtcdSeats): PlanCheck[] {
  const seat = members.find(({ node }) => node === id);
  const vote = { id: 'vote', title: `${name} has a vote`, node: name };
  const behind = { id: 'behind', title: `${name} is up to date`, node: name };
  const quorum = { id: 'quorum', title: 'The voters agree' };
  const voters = members.filter(({ isLearner }) => !isLearner);
  const answering = voters.filter(({ isAnswering }) => isAnswering).length;
  const checks: PlanCheck[] = [
    leader !== null && answering > voters.length / 2
      ? fine({ ...quorum, detail: `${answering} of ${voters.length} answer.` })
      : failed({
          ...quorum,
          detail: `${answering} of ${voters.length} answer, and nobody leads.`,
          remedy: 'Bring back the voters that are down.',
        }),
  ];
  if (seat === undefined || seat.isLearner) {
    const detail = seat === undefined ? 'It keeps no copy.' : 'It has a copy and no vote.';
    const remedy = 'Choose one of the voters; a third node makes more of them.';
    return [...checks, failed({ ...vote, detail, remedy })];
  }
  checks.push(fine({ ...vote, detail: 'It is one of the voters.' }));
  const newest = Math.max(...members.map(({ raftIndex }) => raftIndex));
  const missing = newest - seat.raftIndex;
  checks.push(
    seat.isAnswering && missing <= MAX_BEHIND
      ? fine({ ...behind, detail: 'Its copy is up to date.' })
      : failed({
          ...behind,
          detail: seat.isAnswering ? `It is ${missing} entries behind.` : 'It does not answer.',
          remedy: `Wait until etcd on ${name} has caught up; look at its log if it does not.`,
        }),
  );
  return checks;
}

/**
 * Moves the lead of the shared state.
 * @param to name of a voter
 * @param from name of who had it
 * @param goesBack false: `from` leaves, so that any other one may lead, and undoing gives nothing back
 */
export function moveLead(
  { hands, membership }: Pick<EtcdHandoffDeps, 'hands' | 'membership'>,
  to: string,
  from: string,
  goesBack: boolean,
): PlannedStep {
  const idOf = (name: string) => memberNamed(membership.members(), name).id;
  const look = (context: StepContext) => hands.call(idOf(to), lookAtEtcd, {}, context);
  const isDone = async (context: StepContext) => {
    const { leader } = await look(context);
    return goesBack ? leader === idOf(to) : leader !== null && leader !== idOf(from);
  };
  const hand = async (context: StepContext, target: string) => {
    const { leader } = await look(context);
    if (leader === null) {
      throw fail('NO_QUORUM', { remedy: 'Bring back the voters that are down.' });
    }
    if (leader !== target) await hands.call(leader, yieldLead, { to: target }, context);
  };
  return {
    id: 'etcd-lead',
    title: `Hand the lead of the shared state to ${to}`,
    detail: `etcd makes ${to} its leader; reads and writes go on.`,
    class: 'idempotent',
    expectedMs: 500,
    deadlineMs: DEADLINE_MS,
    async probe(context) {
      return (await isDone(context)) ? 'done' : 'absent';
    },
    do: (context) => hand(context, idOf(to)),
    async verify(context) {
      return (await isDone(context)) ? null : `${to} to lead the shared state`;
    },
    ...(goesBack && from !== '' && { undo: (context: StepContext) => hand(context, idOf(from)) }),
  };
}
