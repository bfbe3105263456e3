import { z } from 'zod';
import type { MemberStatus } from '#shared/contract/agent/dashboard';
import type { Clock, Logger } from '../../ports';
import type { State } from '../types';
import { nextVoterStep, type Seat, type VoterCandidate, type VoterStep } from '../voters';
import type { EtcdMember, EtcdMembers } from './members';

/** `seats/<node id>`: what a node tells about itself as a possible voter */
const seatOffer = z.object({
  peerUrl: z.url(),
  mayVote: z.boolean(),
  /** the member whose data this node has lost; it never answers again */
  lostMember: z.string().nullable(),
});
export type SeatOffer = z.infer<typeof seatOffer>;

/** `voters/<node id>`: which member a node is, or is asked to become */
export const voterKey = (nodeId: string): string => `voters/${nodeId}`;
export const seatKey = (nodeId: string): string => `seats/${nodeId}`;
/** `leaving/<node id>`: the operation that takes this node away; its seat is taken back */
export const leavingKey = (nodeId: string): string => `leaving/${nodeId}`;

/** A node as membership sees it. */
export interface KnownNode {
  id: string;
  authenticated: boolean;
  status: MemberStatus;
  /** unix seconds */
  lastSeen: number;
  joinedAt: number;
}

export interface KeeperOptions {
  state: State;
  members: EtcdMembers;
  nodes: () => readonly KnownNode[];
  nodeId: string;
  clock: Clock;
  logger: Logger;
  replaceAfterMs: number;
}

const LEASE_MS = 10_000;
const TICK_MS = 2_000;
const SOON_MS = 500;
const LEARNER_AFTER_MS = 60_000;
const ELECTION = 'voters';

/** Where this node is the elected one, it sees to who keeps copies of the state and who votes. */
export class VoterKeeper {
  readonly #options: KeeperOptions;

  constructor(options: KeeperOptions) {
    this.#options = options;
  }

  /** Stands for election again and again until the signal aborts. */
  async run(signal: AbortSignal): Promise<void> {
    const { clock, logger } = this.#options;
    while (!signal.aborted) {
      await this.#stand(signal).catch((error: unknown) => {
        logger.debug({ error: String(error) }, 'No election of who sees to the voters.');
      });
      await clock.sleep(TICK_MS, signal).catch(() => {});
    }
  }

  async #stand(signal: AbortSignal): Promise<void> {
    const { state, nodeId } = this.#options;
    const lease = await state.lease(LEASE_MS);
    try {
      const lead = await state.campaign(ELECTION, nodeId, lease, signal);
      await this.#lead(AbortSignal.any([lead.lost, signal]));
    } finally {
      await lease.release();
    }
  }

  async #lead(until: AbortSignal): Promise<void> {
    const { clock, logger } = this.#options;
    while (!until.aborted) {
      const step = await this.step().catch((error: unknown) => {
        // as etcd's "unhealthy cluster" for some seconds after a member's restart
        logger.debug({ error: String(error) }, 'The voters could not be seen to now.');
        return null;
      });
      const hasMoved = step !== null && step.do !== 'nothing';
      if (hasMoved) logger.info({ step }, 'The voters change.');
      await clock.sleep(hasMoved ? SOON_MS : TICK_MS, until).catch(() => {});
    }
  }

  /** Looks, and takes at most one step. */
  async step(): Promise<VoterStep> {
    const { state, members, clock, replaceAfterMs } = this.#options;
    // both go in one commit when a node is let go: read in this order, none that leaves looks as if it stayed
    const marks = await state.list(leavingKey(''));
    const [offers, listed] = await Promise.all([state.list(seatKey('')), members.list()]);
    const leaving = new Set(marks.map(({ key }) => key.slice(leavingKey('').length)));
    const candidates = this.#candidates(offers, leaving);
    const offered = new Map(
      offers.map(({ key, value }) => [
        key.slice(seatKey('').length),
        seatOffer.safeParse(value).data?.peerUrl ?? '',
      ]),
    );
    const seats = await Promise.all(listed.map((member) => this.#seat(member, offered)));
    await this.#invite(listed, seats);
    const step = nextVoterStep({
      candidates,
      seats,
      now: clock.now(),
      replaceAfterMs,
      learnerAfterMs: LEARNER_AFTER_MS,
    });
    if (step.do === 'add') {
      const { added, members: now } = await members.addLearner(step.peerUrl);
      const { nodeId } = step;
      const seat = { memberId: added.id, nodeId, isLearner: true, isAnswering: false };
      await this.#invite(now, [...seats, { ...seat, isOffered: true }]);
    }
    if (step.do === 'promote') await members.promote(step.memberId);
    if (step.do === 'remove') {
      // first, since a node that is told of a seat which is gone would wait for it for ever: of a
      // keeper that ends in between the next one finds the seat, and says and takes it again
      const { nodeId } = step;
      if (nodeId !== null) await state.commit([], [{ key: voterKey(nodeId), delete: true }]);
      await members.remove(step.memberId);
    }
    return step;
  }

  #candidates(
    offers: Awaited<ReturnType<State['list']>>,
    leaving: ReadonlySet<string>,
  ): VoterCandidate[] {
    const nodes = new Map(this.#options.nodes().map((node) => [node.id, node]));
    return offers.flatMap(({ key, value }) => {
      const id = key.slice(seatKey('').length);
      const offer = seatOffer.safeParse(value);
      const node = nodes.get(id);
      if (!offer.success || node === undefined) return [];
      const { status, lastSeen, joinedAt, authenticated } = node;
      return {
        id,
        peerUrl: offer.data.peerUrl,
        lostMember: offer.data.lostMember,
        mayVote: offer.data.mayVote && authenticated,
        isAlive: status === 'alive',
        hasLeft: status === 'left',
        isLeaving: leaving.has(id),
        failedSince: status === 'alive' ? null : lastSeen * 1000,
        joinedAt,
      };
    });
  }

  /** @param offered peer URLs by the ids of the nodes that offer themselves */
  async #seat(member: EtcdMember, offered: ReadonlyMap<string, string>): Promise<Seat> {
    const { id, name, isLearner, peerUrls, clientUrls } = member;
    const [clientUrl] = clientUrls;
    const status =
      clientUrl === undefined
        ? null
        : await this.#options.members.status(clientUrl).catch(() => null);
    const [byUrl = null] = [...offered].find(([, peerUrl]) => peerUrls.includes(peerUrl)) ?? [];
    const nodeId = name === '' ? byUrl : name;
    return {
      memberId: id,
      nodeId,
      isLearner,
      isOffered: nodeId !== null && offered.has(nodeId),
      isAnswering: status !== null && status.leaderId !== null && status.memberId === id,
    };
  }

  /** Tells each node which member it is; also where an earlier keeper died before it could. */
  async #invite(listed: readonly EtcdMember[], seats: readonly Seat[]): Promise<void> {
    const { state } = this.#options;
    const told = new Map((await state.list('voters/')).map((entry) => [entry.key, entry.value]));
    const initialCluster = listed
      .flatMap((member) => {
        const name = seats.find((seat) => seat.memberId === member.id)?.nodeId ?? member.id;
        return member.peerUrls.map((url) => `${name}=${url}`);
      })
      .join(',');
    for (const member of listed) {
      const nodeId = seats.find((seat) => seat.memberId === member.id)?.nodeId ?? null;
      const [peerUrl] = member.peerUrls;
      if (nodeId === null || peerUrl === undefined) continue;
      const key = voterKey(nodeId);
      const known = z.object({ memberId: z.string() }).safeParse(told.get(key));
      if (known.success && known.data.memberId === member.id) continue;
      await state.commit([], [{ key, put: { memberId: member.id, peerUrl, initialCluster } }]);
    }
  }
}
