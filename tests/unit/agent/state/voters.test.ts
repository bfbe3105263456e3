import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  nextVoterStep,
  type Seat,
  type VoterCandidate,
  type VotersView,
  voterTarget,
} from '#agent/state/voters';

const HOUR = 3_600_000;

const node = (n: number, more: Partial<VoterCandidate> = {}): VoterCandidate => ({
  id: `n${n}`,
  peerUrl: `https://10.0.0.${n}:2380`,
  mayVote: true,
  isAlive: true,
  hasLeft: false,
  isLeaving: false,
  lostMember: null,
  failedSince: null,
  joinedAt: n,
  ...more,
});
const seat = (n: number, more: Partial<Seat> = {}): Seat => ({
  memberId: `${n}`,
  nodeId: `n${n}`,
  isLearner: false,
  isAnswering: true,
  isOffered: true,
  ...more,
});
const dead = (n: number, forMs = 2 * HOUR) =>
  node(n, { isAlive: false, failedSince: 10 * HOUR - forMs });
const look = (candidates: VoterCandidate[], seats: Seat[]): VotersView => ({
  candidates,
  seats,
  now: 10 * HOUR,
  replaceAfterMs: HOUR,
  learnerAfterMs: 60_000,
});
const step = (candidates: VoterCandidate[], seats: Seat[]) =>
  nextVoterStep(look(candidates, seats));

describe('who votes', () => {
  test('is one of two, three of up to eight, five of more', () => {
    expect([1, 2, 3, 8, 9, 30].map(voterTarget)).toEqual([1, 1, 3, 3, 5, 5]);
  });

  test('a second node gets a copy and no vote', () => {
    const two = [node(1), node(2)];
    expect(step(two, [seat(1)])).toMatchObject({ do: 'add', nodeId: 'n2' });
    expect(step(two, [seat(1), seat(2, { isLearner: true })]).do).toBe('nothing');
  });

  test('a copy of a node that was let go is taken away, whether it ever began or not', () => {
    const gone = { isLearner: true, isOffered: false } as const;
    for (const isAnswering of [true, false]) {
      const left = seat(2, { ...gone, isAnswering });
      expect(step([node(1)], [seat(1), left])).toMatchObject({ do: 'remove', memberId: '2' });
    }
    const nobodys = seat(9, { ...gone, nodeId: null, isAnswering: false });
    expect(step([node(1)], [seat(1), nobodys])).toEqual({
      do: 'remove',
      memberId: '9',
      nodeId: null,
    });
  });

  test('a third node lets both vote, one after another', () => {
    const three = [node(1), node(2), node(3)];
    const learner = (n: number) => seat(n, { isLearner: true });
    expect(step(three, [seat(1), learner(2)])).toEqual({ do: 'promote', memberId: '2' });
    expect(step(three, [seat(1), seat(2)])).toMatchObject({ do: 'add', nodeId: 'n3' });
    expect(step(three, [seat(1), seat(2), learner(3)])).toEqual({ do: 'promote', memberId: '3' });
    expect(step(three, [seat(1), seat(2), seat(3)]).do).toBe('nothing');
  });

  test('a third node that does not answer makes no second voter', () => {
    const nodes = [node(1), node(2), dead(3, 1_000)];
    expect(step(nodes, [seat(1), seat(2, { isLearner: true })]).do).toBe('nothing');
  });

  test('nodes that may not vote are never asked', () => {
    const nodes = [node(1), node(2, { mayVote: false }), node(3, { mayVote: false })];
    expect(step(nodes, [seat(1)]).do).toBe('nothing');
  });

  test('a short failure takes nobody the vote', () => {
    const nodes = [node(1), node(2), dead(3, HOUR - 1), node(4)];
    const seats = [seat(1), seat(2), seat(3, { isAnswering: false })];
    expect(step(nodes, seats).do).toBe('nothing');
  });

  test('a long failure does, where somebody is free', () => {
    const seats = [seat(1), seat(2), seat(3, { isAnswering: false })];
    expect(step([node(1), node(2), dead(3), node(4)], seats)).toEqual({
      do: 'remove',
      memberId: '3',
      nodeId: 'n3',
    });
    expect(step([node(1), node(2), dead(3)], seats).do).toBe('nothing');
  });

  test('a silent gossip alone takes no vote from an etcd that answers', () => {
    const nodes = [node(1), node(2), dead(3), node(4)];
    expect(step(nodes, [seat(1), seat(2), seat(3)]).do).toBe('nothing');
  });

  test('without quorum nothing is changed', () => {
    const nodes = [node(1), dead(2), dead(3), node(4)];
    const seats = [seat(1), seat(2, { isAnswering: false }), seat(3, { isAnswering: false })];
    expect(step(nodes, seats).do).toBe('nothing');
  });

  test('who left goes at once, who lost the disk too, and the last voter never', () => {
    const gone = node(2, { hasLeft: true, isAlive: false });
    expect(step([node(1), gone, node(3)], [seat(1), seat(2), seat(3)])).toMatchObject({
      do: 'remove',
      memberId: '2',
    });
    const blank = node(3, { lostMember: '3' });
    const seats = [seat(1), seat(2), seat(3, { isAnswering: false })];
    expect(step([node(1), node(2), blank], seats)).toMatchObject({ do: 'remove', memberId: '3' });
    expect(step([node(1, { hasLeft: true })], [seat(1)]).do).toBe('nothing');
  });

  test('who is taken away gives its seat up as soon as the others need it no more', () => {
    const leaving = (n: number) => node(n, { isLeaving: true });
    const learner = (n: number) => seat(n, { isLearner: true });
    const three = [seat(1), seat(2), seat(3)];
    const removal = { do: 'remove', memberId: '1' };
    expect(step([leaving(1), node(2), node(3)], three)).toMatchObject(removal);
    // with another one in its place afterwards
    const four = [leaving(1), node(2), node(3), node(4)];
    expect(step(four, three)).toMatchObject(removal);
    expect(step(four, [seat(2), seat(3)])).toMatchObject({ do: 'add', nodeId: 'n4' });
    // of the only one somebody else takes the vote over first
    const two = [leaving(1), node(2)];
    expect(step(two, [seat(1)])).toMatchObject({ do: 'add', nodeId: 'n2' });
    expect(step(two, [seat(1), learner(2)])).toEqual({ do: 'promote', memberId: '2' });
    expect(step(two, [seat(1), seat(2)])).toMatchObject(removal);
    expect(step(two, [seat(2)]).do).toBe('nothing');
    // one that only has a copy goes too, and nobody who goes is asked to come
    expect(step([node(1), leaving(2)], [seat(1), learner(2)])).toMatchObject({ do: 'remove' });
    expect(step([leaving(1)], [seat(1)]).do).toBe('nothing');
    const dying = [leaving(1), node(2), node(3)];
    const lame = [seat(1), seat(2), seat(3, { isAnswering: false })];
    expect(step(dying, lame).do).toBe('nothing');
  });

  test('a learner that never came is given up', () => {
    const nodes = [node(1), dead(2), node(3)];
    const seats = [seat(1), seat(2, { isLearner: true, isAnswering: false })];
    expect(step(nodes, seats)).toEqual({ do: 'remove', memberId: '2', nodeId: 'n2' });
  });

  test('members of nobody known are left alone', () => {
    const seats = [seat(1), seat(2), seat(9, { nodeId: null, isAnswering: false })];
    expect(step([node(1), node(2), node(3)], seats).do).not.toBe('remove');
  });
});

describe('whatever the cluster looks like', () => {
  const anyNode = fc.record({
    mayVote: fc.boolean(),
    isAlive: fc.boolean(),
    hasLeft: fc.boolean(),
    isLeaving: fc.boolean(),
    sits: fc.constantFrom('voter', 'voter', 'learner', null),
    isAnswering: fc.boolean(),
    failedForMs: fc.integer({ min: 0, max: 3 * HOUR }),
  });
  const anyView = fc.array(anyNode, { minLength: 1, maxLength: 12 }).map((wishes) => {
    let hasLearner = false;
    const seats: Seat[] = [];
    const candidates = wishes.map((wish, n) => {
      const isLearner = wish.sits === 'learner';
      if (wish.sits === 'voter' || (isLearner && !hasLearner)) {
        hasLearner ||= isLearner;
        seats.push(seat(n, { isLearner, isAnswering: wish.isAnswering }));
      }
      const { mayVote, isAlive, hasLeft, isLeaving, failedForMs } = wish;
      const failedSince = isAlive ? null : 10 * HOUR - failedForMs;
      return node(n, { mayVote, isAlive, hasLeft, isLeaving, failedSince });
    });
    return look(candidates, seats);
  });
  const quorum = (seats: readonly Seat[]) => {
    const voters = seats.filter((one) => !one.isLearner);
    return voters.filter((one) => one.isAnswering).length > voters.length / 2;
  };
  const after = (view: VotersView): Seat[] => {
    const next = nextVoterStep(view);
    if (next.do === 'remove') return view.seats.filter((one) => one.memberId !== next.memberId);
    if (next.do === 'promote') {
      return view.seats.map((one) =>
        one.memberId === next.memberId ? { ...one, isLearner: false } : one,
      );
    }
    if (next.do === 'nothing') return [...view.seats];
    const added = { memberId: `+${next.nodeId}`, nodeId: next.nodeId };
    return [...view.seats, { ...added, isLearner: true, isAnswering: true, isOffered: true }];
  };

  test('no step loses a quorum that there was', () => {
    fc.assert(
      fc.property(anyView, (view) => {
        fc.pre(quorum(view.seats));
        expect(quorum(after(view))).toBe(true);
      }),
    );
  });

  test('nothing is changed where there is none', () => {
    fc.assert(
      fc.property(anyView, (view) => {
        fc.pre(!quorum(view.seats));
        expect(nextVoterStep(view).do).toBe('nothing');
      }),
    );
  });

  test('the steps come to an end, with at most one learner and one seat a node', () => {
    fc.assert(
      fc.property(anyView, (start) => {
        let view = start;
        for (let n = 0; n < 50; n += 1) {
          if (nextVoterStep(view).do === 'nothing') return;
          view = { ...view, seats: after(view) };
          expect(view.seats.filter((one) => one.isLearner).length).toBeLessThanOrEqual(1);
          const nodes = view.seats.map((one) => one.nodeId);
          expect(new Set(nodes).size).toBe(nodes.length);
        }
        expect.fail('it goes round in circles');
      }),
    );
  });
});
