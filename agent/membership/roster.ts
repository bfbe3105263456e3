import type { MemberStatus } from '#shared/contract/agent/dashboard';
import type { GossipMember } from './gossip';
import type { MemberRecord } from './records';
import { readTags } from './serf/tags';
import type { Member } from './types';

export interface RosterView {
  /** who proved the cluster key */
  records: ReadonlyMap<string, MemberRecord>;
  gossip: readonly GossipMember[];
  /** whether `gossip` says something about now */
  isFresh: boolean;
  /** unix seconds by id (or gossip name of strangers) */
  lastSeen: ReadonlyMap<string, number>;
  /** this node itself, which is always alive to itself */
  selfId: string;
}

/**
 * Who is there, by name: the members of the registry with what gossip says of them, and strangers
 * whom gossip hears and the registry does not know. Of a stranger nothing is believed.
 */
export function roster(view: RosterView): Member[] {
  const { records, lastSeen } = view;
  const heard = heardMembers(view.gossip, records);
  const known = [...records.values()].map((record): Member => {
    const gossip = heard.known.get(record.id);
    return {
      id: record.id,
      name: record.name,
      status: statusOf(record.id, gossip, view),
      address: gossip?.address ?? record.address,
      tailscaleIp: record.tailscaleIp,
      apiPort: record.apiPort,
      roles: record.roles,
      tags: gossip?.tags ?? {},
      fingerprint: record.fingerprint,
      authenticated: true,
      voter: record.voter,
      lastSeen: lastSeen.get(record.id) ?? 0,
      joinedAt: record.joinedAt,
    };
  });
  const strangers = heard.strangers
    // whoever looks for its cluster, or left it, is shown while it is there
    .filter((gossip) => gossip.status === 'alive' && readTags(gossip.tags)?.id !== view.selfId)
    .map((gossip): Member => stranger(gossip, view));
  return [...known, ...strangers].toSorted((a, b) => (a.name < b.name ? -1 : 1));
}

interface Heard {
  known: Map<string, GossipMember>;
  strangers: GossipMember[];
}

/** Several may claim one id: who is alive, then who is at the registered address; others are strangers. */
function heardMembers(
  gossip: readonly GossipMember[],
  records: ReadonlyMap<string, MemberRecord>,
): Heard {
  const heard: Heard = { known: new Map(), strangers: [] };
  for (const member of gossip) {
    const id = readTags(member.tags)?.id ?? '';
    const record = records.get(id);
    const rival = heard.known.get(id);
    if (record === undefined) heard.strangers.push(member);
    else if (rival === undefined) heard.known.set(id, member);
    else {
      const wins = claim(member, record) > claim(rival, record);
      heard.known.set(id, wins ? member : rival);
      heard.strangers.push(wins ? rival : member);
    }
  }
  return heard;
}

function claim(member: GossipMember, record: MemberRecord): number {
  const isHome = member.address === record.address && member.port === record.gossipPort;
  return (member.status === 'alive' ? 2 : 0) + (isHome ? 1 : 0);
}

function statusOf(id: string, gossip: GossipMember | undefined, view: RosterView): MemberStatus {
  if (id === view.selfId) return 'alive';
  return view.isFresh && gossip !== undefined ? gossip.status : 'unknown';
}

function stranger(gossip: GossipMember, view: RosterView): Member {
  return {
    id: gossip.gossipName,
    name: gossip.gossipName,
    status: view.isFresh ? gossip.status : 'unknown',
    address: gossip.address,
    tailscaleIp: '',
    apiPort: 0,
    roles: [],
    tags: {},
    fingerprint: '',
    authenticated: false,
    voter: false,
    lastSeen: view.lastSeen.get(gossip.gossipName) ?? 0,
    joinedAt: 0,
  };
}

/** What a listener wants to hear of: everything but the time it was last seen. */
export function isSameMember(a: Member, b: Member): boolean {
  return JSON.stringify({ ...a, lastSeen: 0 }) === JSON.stringify({ ...b, lastSeen: 0 });
}
