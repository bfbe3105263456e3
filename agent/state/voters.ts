/** A node as far as it may keep a copy of the state. */
export interface VoterCandidate {
  /** node id */
  id: string;
  /** as `https://10.77.1.1:2380` */
  peerUrl: string;
  /** authenticated, and `roles.voter` is not off */
  mayVote: boolean;
  isAlive: boolean;
  hasLeft: boolean;
  /** an operation takes it away: it goes as soon as the others keep a quorum without it */
  isLeaving: boolean;
  /** its member whose data are lost for good, if any */
  lostMember: string | null;
  /** ms since 1970; null while it is alive */
  failedSince: number | null;
  /** unix seconds */
  joinedAt: number;
}

/** One of etcd's members. */
export interface Seat {
  memberId: string;
  /** null: of no node that is known */
  nodeId: string | null;
  isLearner: boolean;
  /** it answers, and knows a leader */
  isAnswering: boolean;
  /** its node offers itself; one that was let go does not any more */
  isOffered: boolean;
}

export interface VotersView {
  candidates: readonly VoterCandidate[];
  seats: readonly Seat[];
  /** ms since 1970 */
  now: number;
  /** a voter that failed for so long is replaced */
  replaceAfterMs: number;
  /** a learner whose node failed for so long is given up; it has no vote to miss */
  learnerAfterMs: number;
}

export type VoterStep =
  | { do: 'add'; nodeId: string; peerUrl: string }
  | { do: 'promote'; memberId: string }
  | { do: 'remove'; memberId: string; nodeId: string | null }
  | { do: 'nothing'; why: string };

const quorumOf = (voters: number) => Math.floor(voters / 2) + 1;
const nothing = (why: string): VoterStep => ({ do: 'nothing', why });

/**
 * How many of so many nodes vote. Two voters would stop at the loss of either, so of two nodes one
 * votes and the other has a copy.
 */
export function voterTarget(nodes: number): number {
  if (nodes > 8) return 5;
  return nodes >= 3 ? 3 : 1;
}

/**
 * The one next step towards the right voters. Nobody's vote is taken because of a short failure, none
 * where no quorum would stay, and a dead voter goes only where somebody can take its place.
 */
export function nextVoterStep(view: VotersView): VoterStep {
  const voters = view.seats.filter((seat) => !seat.isLearner);
  const answering = voters.filter((seat) => seat.isAnswering).length;
  if (answering < quorumOf(voters.length)) return nothing('No quorum: nothing is changed.');
  const leaver = removable(voters, isGone, view);
  if (leaver !== null) return leaver;
  const learner = view.seats.find((seat) => seat.isLearner);
  return learner === undefined ? withoutLearner(view, voters) : withLearner(view, voters, learner);
}

/** Those that will still be there: as if the leaving ones had gone. */
const stayingOf = (voters: readonly Seat[], view: VotersView): number =>
  voters.filter((seat) => nodeOf(seat, view)?.isLeaving !== true).length;

function withLearner(view: VotersView, voters: readonly Seat[], learner: Seat): VoterStep {
  const { memberId, nodeId } = learner;
  // nobody would ever start it, and as long as it is there nobody else gets a seat
  if (!learner.isOffered) return { do: 'remove', memberId, nodeId };
  const node = nodeOf(learner, view);
  const isLeaving = node?.isLeaving === true;
  if (!learner.isAnswering || isLeaving) {
    const isGivenUp =
      node !== null && (isGone(node, learner) || hasFailed(node, view, view.learnerAfterMs));
    if (isGivenUp) return { do: 'remove', memberId, nodeId: node.id };
    return nothing('A new member starts.');
  }
  const dead = removable(voters, isDead(view), view);
  if (dead !== null) return dead;
  const next = stayingOf(voters, view) + 1;
  if (next > target(view)) return nothing('Enough vote; one more has a copy.');
  // an even number of voters is worse than one less, unless the next follows at once
  if (next % 2 === 0 && freeNodes(view).length === 0) return nothing('One more has a copy.');
  return { do: 'promote', memberId };
}

function withoutLearner(view: VotersView, voters: readonly Seat[]): VoterStep {
  const [next] = freeNodes(view);
  if (next === undefined) return nothing('Nobody is free to vote.');
  // etcd takes no new member as long as one is out of reach, so the dead one goes first
  const dead = removable(voters, isDead(view), view);
  if (dead !== null) return dead;
  const wanted = eligible(view).length === 2 ? 2 : target(view);
  if (stayingOf(voters, view) >= wanted) return nothing('Enough vote.');
  return { do: 'add', nodeId: next.id, peerUrl: next.peerUrl };
}

/** The first voter to go, where the others keep a quorum without it. */
function removable(
  voters: readonly Seat[],
  isDue: (node: VoterCandidate, seat: Seat) => boolean,
  view: VotersView,
): VoterStep | null {
  for (const seat of voters) {
    const node = nodeOf(seat, view);
    if (node === null || !isDue(node, seat)) continue;
    const others = voters.filter((one) => one !== seat);
    const staying = others.filter((one) => one.isAnswering).length;
    if (others.length === 0 || staying < quorumOf(others.length)) continue;
    return { do: 'remove', memberId: seat.memberId, nodeId: node.id };
  }
  return null;
}

const nodeOf = (seat: Seat, view: VotersView): VoterCandidate | null =>
  view.candidates.find((one) => one.id === seat.nodeId) ?? null;

/** It never comes back: there is nothing to wait for. */
const isGone = (node: VoterCandidate, seat: Seat) =>
  node.hasLeft || node.isLeaving || (!seat.isAnswering && node.lostMember === seat.memberId);

const isDead = (view: VotersView) => (node: VoterCandidate, seat: Seat) =>
  !seat.isAnswering && hasFailed(node, view, view.replaceAfterMs);

const eligible = (view: VotersView) =>
  view.candidates.filter((one) => one.mayVote && !one.hasLeft && !one.isLeaving);

const target = (view: VotersView) => voterTarget(eligible(view).length);

/** Alive and without a seat, the longest-standing first. */
function freeNodes(view: VotersView): VoterCandidate[] {
  const seated = new Set(view.seats.map((seat) => seat.nodeId));
  return eligible(view)
    .filter((one) => one.isAlive && !seated.has(one.id))
    .toSorted((a, b) => a.joinedAt - b.joinedAt || (a.id < b.id ? -1 : 1));
}

function hasFailed(node: VoterCandidate, view: VotersView, forMs: number): boolean {
  return !node.isAlive && node.failedSince !== null && view.now - node.failedSince >= forMs;
}
