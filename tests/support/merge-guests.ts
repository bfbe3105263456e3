import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { systemClock } from '#agent/host/clock';
import { loadNodeIdentity } from '#agent/identity/node-identity';
import type { NodeIdentity } from '#agent/identity/types';
import { createPeerGate } from '#agent/membership/peer-gate';
import { createPeers, type OpenPeers } from '#agent/membership/peers';
import { slurmStop } from '#agent/operations/handoff/slurm/hands';
import { handRoute } from '#agent/operations/hands/define';
import { Fence } from '#agent/operations/hands/fence';
import { HandRunner } from '#agent/operations/hands/runner';
import type { HandContext } from '#agent/operations/hands/types';
import * as merge from '#agent/operations/merge/hands';
import { ForeignGateway } from '#agent/operations/merge/pact/foreign';
import { Guests } from '#agent/operations/merge/pact/guests';
import { Pacts } from '#agent/operations/merge/pact/pacts';
import type { Clock } from '#agent/ports';
import { createSqliteState } from '#agent/state/sqlite/state';
import { SqliteStore } from '#agent/state/sqlite/store';
import type { State } from '#agent/state/types';
import type { MergeCard, MergeNode } from '#shared/contract/agent/merge';
import { KeptLog, type StagedAgent, stageAgent } from './agent';
import { sweptFolder } from './temp-folder';

export const GAINING = '11111111-0000-4000-8000-000000000001';
export const LOSING = '22222222-0000-4000-8000-000000000002';
export const OPERATION = '33333333-0000-4000-8000-000000000003';

/** A node as a card names it. */
export function cardNode(wish: Partial<MergeNode> & Pick<MergeNode, 'fingerprint'>): MergeNode {
  return {
    id: 'b0b0b0b0-0000-4000-8000-000000000001',
    name: 'b1',
    address: '127.0.0.1',
    api_port: 9090,
    roles: ['slurm-worker'],
    alive: true,
    stable_since: 1,
    ...wish,
  };
}

/** What a cluster shows of itself. */
export function cardOf(nodes: readonly MergeNode[], wish: Partial<MergeCard> = {}): MergeCard {
  return {
    cluster: { uuid: LOSING, name: 'lab-b' },
    founding: 'f0f0f0f0-0000-4000-8000-000000000002',
    created_at: 1_700_000_000_000,
    enabled: true,
    nodes: [...nodes],
    made_at: Date.now(),
    ...wish,
  };
}

/** A fingerprint that nobody has, made of one byte. */
export const fingerprintOf = (byte: number): string =>
  Array.from({ length: 32 }, () => byte.toString(16).toUpperCase().padStart(2, '0')).join(':');

export function freshState(clock: Clock = systemClock): State {
  const store = new SqliteStore(':memory:', clock);
  onTestFinished(() => store.close());
  return createSqliteState(store, clock);
}

export interface LosingNode {
  agent: StagedAgent;
  pacts: Pacts;
  state: State;
  log: KeptLog;
  /** names of the hands that acted */
  done: string[];
  /** as the gaining cluster knows it */
  node: MergeNode;
  folder: string;
}

/** A node of the losing cluster over real TLS, whose hands say what they would do. */
export async function stageLosing(
  wish: { isEnabled?: boolean; folder?: string; clock?: Clock; member?: NodeIdentity } = {},
): Promise<LosingNode> {
  const { isEnabled = true, folder = sweptFolder(), clock = systemClock, member } = wish;
  const state = freshState(clock);
  const log = new KeptLog();
  const done: string[] = [];
  const pacts = new Pacts({ state, clock, logger: log });
  pacts.start();
  onTestFinished(() => pacts.close());
  const hands = [
    handRoute(merge.lookAtDrain, async () => ({ drained: false, running: [], pending: [] })),
    handRoute(merge.unlockCluster, async () => {
      done.push('merge/unlock');
      return {};
    }),
    handRoute(merge.lockCluster, async () => {
      done.push('merge/lock');
      return {};
    }),
    handRoute(merge.crossOver, async () => {
      done.push('merge/cross');
      return { state: 'begun' as const };
    }),
    handRoute(merge.exportTokens, async () => ({ tokens: ['digest'] })),
    handRoute(slurmStop, async () => {
      done.push('slurm/stop');
      throw new Error('no guest comes here');
    }),
  ];
  const fence = new Fence(join(folder, 'operations-fence.json'), LOSING);
  const own = new HandRunner({ routes: hands, fence, clock, logger: log });
  const guests = new Guests({ hands, pacts, state, isEnabled, folder, clock, logger: log });
  const gate = createPeerGate({
    routes: [own.route, guests.route],
    callerOf: async (fingerprint) =>
      fingerprint === member?.fingerprint ? { id: member.id, name: 'b9', fingerprint } : null,
    guestOf: (fingerprint) => pacts.guest(fingerprint),
  });
  const agent = await stageAgent({ peers: [gate] });
  const { fingerprint } = agent.certificate;
  const node = cardNode({ fingerprint, api_port: Number(new URL(agent.url).port) });
  return { agent, pacts, state, log, done, node, folder };
}

export interface GainingNode {
  identity: NodeIdentity;
  peers: OpenPeers;
  pacts: Pacts;
  foreign: ForeignGateway;
  /** what it shows of itself */
  card: MergeCard;
  context: HandContext;
  lines: string[];
}

/** A node of the gaining cluster, which calls. */
export async function stageGaining(epoch = 5): Promise<GainingNode> {
  const identity = await loadNodeIdentity(join(sweptFolder(), 'id'), ['a1'], Date.now());
  const peers = createPeers(identity);
  onTestFinished(() => peers.close());
  const pacts = new Pacts({ state: freshState(), clock: systemClock, logger: new KeptLog() });
  const { id, fingerprint } = identity;
  const lines: string[] = [];
  return {
    identity,
    peers,
    pacts,
    foreign: new ForeignGateway({ peers, pacts }),
    card: cardOf([cardNode({ id, name: 'a1', fingerprint })], {
      cluster: { uuid: GAINING, name: 'lab-a' },
    }),
    context: {
      operation: OPERATION,
      epoch,
      signal: new AbortController().signal,
      log: (line, node) => lines.push(`${node}: ${line}`),
    },
    lines,
  };
}

/** Both clusters' admins let each other in. */
export async function makePacts(gaining: GainingNode, losing: LosingNode): Promise<void> {
  await losing.pacts.make(gaining.card, 'root');
  await gaining.pacts.make(cardOf([losing.node]), 'root');
}
