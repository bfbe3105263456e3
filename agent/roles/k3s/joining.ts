import { access } from 'node:fs/promises';
import { z } from 'zod';
import { Failure } from '#shared/contract/errors';
import type { Member, Membership, Peers } from '../../membership/types';
import type { Commands } from '../../ports';
import type { State } from '../../state/types';
import type { KubePlaces } from './places';
import { fetchToken } from './token';

export const CLUSTER_KEY = 'k3s/cluster';
export const SERVERS_PREFIX = 'k3s/servers/';
/** `k3s/servers/<node id>`: told by each server once it was seen ready. */
export const serverRecord = z.object({ url: z.url({ protocol: /^https$/ }) });
const VERSION_MS = 10_000;
const clusterRecord = z.object({ founder: z.string() });

/** How a role goes on: with what it has, as the first, by joining, or by waiting for a reason. */
export type JoinPlan =
  | { kind: 'found' }
  | { kind: 'join'; server: string }
  | { kind: 'wait'; why: string };

export interface JoiningOptions {
  state: Pick<State, 'get' | 'list' | 'commit'>;
  membership: Pick<Membership, 'self' | 'members'>;
  peers: Peers;
  places: KubePlaces;
}

/**
 * Exactly one server begins the cluster: who wrote the record first. Whoever holds data of an earlier
 * cluster goes before, and while any server gives tokens nobody begins another one.
 */
export async function planServer(options: JoiningOptions): Promise<JoinPlan> {
  const { state, membership, places } = options;
  const { id } = membership.self;
  const entry = await state.get(CLUSTER_KEY);
  const founder = clusterRecord.safeParse(entry?.value).data?.founder ?? null;
  if (founder === id) return { kind: 'found' };
  const joined = await joinAny(options, 'k3s-server');
  if (founder !== null) {
    const isOver = joined.kind === 'wait' && (await isAbandoned(options, founder));
    if (!isOver) return joined;
  } else if (joined.kind === 'join' && !(await exists(places.serverData))) {
    return { kind: 'wait', why: 'A k3s server runs already and has not told of itself yet.' };
  }
  const isFirst = await state.commit(
    [
      entry === null
        ? { key: CLUSTER_KEY, is: 'absent' }
        : { key: CLUSTER_KEY, is: 'unchangedSince', modRevision: entry.modRevision },
    ],
    [{ key: CLUSTER_KEY, put: { founder: id } }],
  );
  if (isFirst !== null) return { kind: 'found' };
  return { kind: 'wait', why: 'Another server begins the k3s cluster.' };
}

/** It left for good before it was ever ready; one that only failed may come back with its data. */
async function isAbandoned({ state, membership }: JoiningOptions, founder: string) {
  const member = membership.members().find(({ id }) => id === founder);
  if (member !== undefined && member.status !== 'left') return false;
  return (await state.list(SERVERS_PREFIX)).length === 0;
}

export async function planAgent(options: JoiningOptions): Promise<JoinPlan> {
  return await joinAny(options, 'k3s-agent');
}

/**
 * Asked before this node speaks up: one without the program must not keep the others waiting.
 * @throws Failure NOT_FOUND | TIMEOUT
 */
export async function checkInstalled(commands: Pick<Commands, 'run'>): Promise<void> {
  await commands.run(['k3s', '--version'], { deadlineMs: VERSION_MS });
}

/** Fetches the token of the first server that lives and gives one. */
async function joinAny(
  { state, membership, peers, places }: JoiningOptions,
  role: 'k3s-server' | 'k3s-agent',
): Promise<JoinPlan> {
  const told = new Map(
    (await state.list(SERVERS_PREFIX)).map(({ key, value }) => [
      key.slice(SERVERS_PREFIX.length),
      serverRecord.safeParse(value).data?.url,
    ]),
  );
  const servers = membership.members().filter((member) => isServer(member, membership.self.id));
  let why = 'No k3s server of this cluster answers yet.';
  for (const server of servers) {
    try {
      await fetchToken(peers, server, role, places.givenToken);
      return { kind: 'join', server: told.get(server.id) ?? urlOf(server.address) };
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      why = `${server.name} gives no token of k3s yet: ${error.message}`;
    }
  }
  return { kind: 'wait', why };
}

/** A dead node's record attracts nobody. */
const isServer = (member: Member, ownId: string) =>
  member.id !== ownId &&
  member.authenticated &&
  member.status === 'alive' &&
  member.roles.includes('k3s-server');

export const urlOf = (address: string): string =>
  `https://${address.includes(':') ? `[${address}]` : address}:6443`;

export const exists = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  );
