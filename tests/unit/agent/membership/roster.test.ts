import { expect, test } from 'vitest';
import type { GossipMember } from '#agent/membership/gossip';
import type { MemberRecord } from '#agent/membership/records';
import { isSameMember, type RosterView, roster } from '#agent/membership/roster';
import { encodeTags } from '#agent/membership/serf/tags';

const ids = {
  a1: '11111111-1111-8111-8111-111111111111',
  a2: '22222222-2222-8222-8222-222222222222',
};

const record = (name: keyof typeof ids, address: string): MemberRecord => ({
  id: ids[name],
  name,
  address,
  tailscaleIp: '',
  apiPort: 9090,
  gossipPort: 7946,
  roles: ['slurm-worker'],
  voter: true,
  capabilities: { cpu: 2, ram: '4GB', gpu: 0, arch: 'amd64' },
  fingerprint: Array(32).fill('AB').join(':'),
  joinedAt: 100,
});

const heard = (
  gossipName: string,
  id: string,
  address: string,
  status: GossipMember['status'] = 'alive',
): GossipMember => ({
  gossipName,
  address,
  port: 7946,
  status,
  tags: encodeTags({ id, apiPort: 9090, roles: ['k3s-server'], settled: true }),
});

function view(gossip: GossipMember[], changes: Partial<RosterView> = {}): RosterView {
  const records = [record('a1', '10.0.0.1'), record('a2', '10.0.0.2')];
  return {
    records: new Map(records.map((one) => [one.id, one])),
    gossip,
    isFresh: true,
    lastSeen: new Map(),
    selfId: ids.a1,
    ...changes,
  };
}

const brief = (members: ReturnType<typeof roster>) =>
  members.map(({ name, status, address, authenticated }) =>
    [name, status, address, authenticated ? 'member' : 'stranger'].join(' '),
  );

test('a record nobody hears is unknown, and so is everybody while gossip is silent', () => {
  expect(brief(roster(view([heard('a1-1', ids.a1, '10.0.0.1')])))).toEqual([
    'a1 alive 10.0.0.1 member',
    'a2 unknown 10.0.0.2 member',
  ]);
  const both = [heard('a1-1', ids.a1, '10.0.0.1'), heard('a2-2', ids.a2, '10.0.0.2')];
  expect(brief(roster(view(both, { isFresh: false })))[1]).toBe('a2 unknown 10.0.0.2 member');
});

test('nothing that a stranger says of itself is believed', () => {
  const x = heard('x1-9', '99999999-9999-8999-8999-999999999999', '10.0.0.9');
  const gone = heard('x2-8', '88888888-8888-8888-8888-888888888888', '10.0.0.8', 'failed');
  const found = roster(view([x, gone])).filter(({ authenticated }) => !authenticated);
  expect(found).toHaveLength(1);
  expect(found[0]).toMatchObject({
    id: 'x1-9',
    roles: [],
    tags: {},
    apiPort: 0,
    fingerprint: '',
    voter: false,
  });
});

test('whoever claims the id of a living member is a stranger; a moved member keeps its id', () => {
  const real = heard('a2-2', ids.a2, '10.0.0.2');
  const thief = heard('a2-x', ids.a2, '10.0.0.66');
  const expected = ['a1 alive 10.0.0.1 member', 'a2 alive 10.0.0.2 member'];
  for (const gossip of [
    [real, thief],
    [thief, real],
  ]) {
    expect(brief(roster(view(gossip)))).toEqual([...expected, 'a2-x alive 10.0.0.66 stranger']);
  }
  const old = heard('a2-2', ids.a2, '10.0.0.2', 'failed');
  const moved = heard('a2-new', ids.a2, '10.0.0.77');
  expect(brief(roster(view([old, moved])))[1]).toBe('a2 alive 10.0.0.77 member');
});

test('only the time it was last seen is no news', () => {
  const [a1] = roster(view([]));
  if (a1 === undefined) throw new Error('a1 is in the roster');
  expect(isSameMember(a1, { ...a1, lastSeen: 5 })).toBe(true);
  expect(isSameMember(a1, { ...a1, status: 'failed' })).toBe(false);
  expect(isSameMember(a1, { ...a1, address: '10.0.0.3' })).toBe(false);
});
