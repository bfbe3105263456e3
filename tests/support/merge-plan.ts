import { createHash } from 'node:crypto';
import type { z } from 'zod';
import type { Hand } from '#agent/operations/hands/types';
import { type HandContext, type Hands } from '#agent/operations/hands/types';
import { lookAtCluster, lookAtCrosser, type MergeJob } from '#agent/operations/merge/hands';
import type { MergePlanDeps } from '#agent/operations/merge/plan/survey';
import type { ForeignHands } from '#agent/operations/merge/types';
import type { MergeCard } from '#shared/contract/agent/merge';
import { fail } from '#shared/contract/errors';
import { member } from './agent';

export type ClusterAnswer = z.output<typeof lookAtCluster.output>;
export type NodeAnswer = z.output<typeof lookAtCrosser.output>;

const NOW = Date.parse('2026-11-22T08:00:00Z');
const FOUNDED = NOW - 86_400_000;

export const ALPHA = '0a0a0a0a-0000-4000-8000-00000000000a';
export const BETA = '0b0b0b0b-0000-4000-8000-00000000000b';

const digestOf = (name: string) => createHash('sha256').update(name).digest('hex');

/** As a node's certificate would have it; the same for each name. */
const fingerprintOf = (name: string): string =>
  (digestOf(name).toUpperCase().match(/../g) ?? []).join(':');

/** The same for each name. */
const idOf = (name: string) =>
  `${digestOf(name).slice(0, 8)}-0000-4000-8000-${digestOf(name).slice(0, 12)}`;

export interface ClusterWish {
  uuid: string;
  name: string;
  /** of its nodes; the first one has the controllers of SLURM and k3s */
  nodes: readonly string[];
  /** as `10.77.1` */
  net: string;
  firstJobId?: number;
  jobs?: readonly MergeJob[];
}

/** A cluster that is well, with SLURM and without Kubernetes. */
export function clusterAnswer(wish: ClusterWish): ClusterAnswer {
  const { uuid, name, nodes, net, firstJobId = 100_001, jobs = [] } = wish;
  const members = nodes.map((node, index) => ({
    id: idOf(node),
    name: node,
    address: `${net}.${index + 1}`,
    apiPort: 9090,
    fingerprint: fingerprintOf(node),
    roles: index === 0 ? ['slurm-controller' as const] : ['slurm-worker' as const],
    alive: true,
    voter: index < 3,
    stableSince: NOW - 3_600_000,
  }));
  const [first] = members;
  if (first === undefined) throw new Error('A cluster has nodes');
  const voters = members.filter(({ voter }) => voter).map(({ id }) => id);
  return {
    cluster: { uuid, name, founding: uuid.replace('-4000-', '-4001-'), createdAt: FOUNDED },
    self: first.id,
    now: NOW,
    members,
    takenNames: [],
    busy: '',
    pacts: [],
    locked: '',
    state: { kind: 'etcd', healthy: true, voters, leader: first.id },
    slurm: {
      clusterName: `${name}_${uuid.slice(0, 8)}`,
      version: '22.05.8',
      controllers: [first.id],
      shared: false,
      stateSaveLocation: '/var/spool/slurmctld',
      firstJobId,
      lastJobId: firstJobId + 99,
      accounting: 'accounting_storage/none',
      accounts: [],
      partitions: [{ name: 'batch', state: 'up' }],
      nodes: members.slice(1).map((one) => ({ name: one.name, state: 'idle', cpus: 4 })),
      jobs: [...jobs],
      user: 'slurm',
      extra: [],
      maxNodes: 2048,
    },
    k3s: null,
  };
}

export function job(id: string, wish: Partial<MergeJob> = {}): MergeJob {
  return {
    id,
    name: 'sim',
    user: 'ada',
    uid: 1000,
    gid: 1000,
    account: '',
    partition: 'batch',
    state: 'PENDING',
    nodes: [],
    stays: '',
    ...wish,
  };
}

const NUMBERS: Record<string, { uid: number; gid: number }> = {
  slurm: { uid: 64030, gid: 64030 },
  ada: { uid: 1000, gid: 1000 },
  bob: { uid: 1001, gid: 1001 },
};

/** A node that is well. */
export function nodeAnswer(
  cluster: ClusterAnswer,
  name: string,
  wish: Partial<NodeAnswer> = {},
): NodeAnswer {
  return {
    cluster: { uuid: cluster.cluster.uuid, name: cluster.cluster.name },
    hostName: name,
    now: NOW,
    agentVersion: '1.0.0',
    slurmVersion: '22.05.8',
    k3sVersion: '',
    mergingEnabled: true,
    stateKind: 'etcd',
    unreached: [],
    freeBytes: 8 * 1024 ** 3,
    users: NUMBERS,
    keepBytes: 1024 ** 2,
    kept: [],
    ...wish,
  };
}

/** What a cluster shows of itself. */
export function cardOf({ cluster, members, now }: ClusterAnswer): MergeCard {
  return {
    cluster: { uuid: cluster.uuid, name: cluster.name },
    founding: cluster.founding,
    created_at: cluster.createdAt,
    enabled: true,
    nodes: members.map(
      ({ id, name, address, apiPort, fingerprint, roles, alive, stableSince }) => ({
        id,
        name,
        address,
        api_port: apiPort,
        fingerprint,
        roles,
        alive,
        stable_since: stableSince,
      }),
    ),
    made_at: now,
  };
}

/**
 * Two clusters whose nodes answer as a test says, `alpha` with a1 to a3 and `beta` with b1 and b2;
 * an admin of both let them see each other.
 */
export class TwoClusters {
  alpha: ClusterAnswer;
  beta: ClusterAnswer;
  /** what differs at one node */
  readonly nodes = new Map<string, Partial<NodeAnswer>>();
  /** nodes whose agent does not answer */
  readonly silent = new Set<string>();
  /** a cluster that cannot tell of itself, and what it says instead */
  refusal: { cluster: string; message: string } | null = null;
  /** as `b1 merge/cluster` */
  readonly asked: string[] = [];
  /** how long an answer takes */
  latencyMs = 0;
  hasPact = true;
  /** of beta, in the pact that alpha has; its own nodes as they are now where it is null */
  card: MergeCard | null = null;
  cardEnabled = true;

  constructor(alpha: Partial<ClusterWish> = {}, beta: Partial<ClusterWish> = {}) {
    this.alpha = clusterAnswer({
      uuid: ALPHA,
      name: 'alpha',
      nodes: ['a1', 'a2', 'a3'],
      net: '10.77.1',
      ...alpha,
    });
    this.beta = clusterAnswer({
      uuid: BETA,
      name: 'beta',
      nodes: ['b1', 'b2'],
      net: '10.77.2',
      firstJobId: 500_001,
      ...beta,
    });
    this.seeEachOther();
  }

  /** Beta's pact, as its nodes know alpha now. */
  seeEachOther(): void {
    const nodes = this.alpha.members.map(({ id, fingerprint }) => ({ id, fingerprint }));
    this.beta.pacts = [{ uuid: ALPHA, until: NOW + 86_400_000, nodes }];
  }

  /** What a plan is made with, at the first node of alpha. */
  get deps(): MergePlanDeps {
    const self = member('a1', { id: this.alpha.self });
    const answer = <In extends z.ZodType, Out extends z.ZodType>(
      hand: Hand<In, Out>,
      nodeId: string,
      input: z.input<In>,
    ) => this.#answer(hand, nodeId, input);
    const hands: Hands = { call: (node, hand, input) => answer(hand, node, input) };
    const foreign: ForeignHands = { call: ({ id }, hand, input) => answer(hand, id, input) };
    return {
      hands,
      foreign,
      membership: {
        self,
        cluster: { uuid: ALPHA, name: 'alpha', region: '', datacenter: '', createdAt: 0 },
      },
      pacts: {
        get: async (uuid) =>
          this.hasPact && uuid === BETA
            ? { card: { ...(this.card ?? cardOf(this.beta)), enabled: this.cardEnabled } }
            : null,
      },
      clock: { now: () => NOW },
    };
  }

  async #answer<In extends z.ZodType, Out extends z.ZodType>(
    hand: Hand<In, Out>,
    nodeId: string,
    input: z.input<In>,
  ): Promise<z.output<Out>> {
    hand.input.parse(input);
    const cluster = [this.alpha, this.beta].find(({ members }) =>
      members.some(({ id }) => id === nodeId),
    );
    const node = cluster?.members.find(({ id }) => id === nodeId);
    if (cluster === undefined || node === undefined) throw gone(nodeId);
    this.asked.push(`${node.name} ${hand.name}`);
    if (this.latencyMs > 0) await new Promise((resolve) => setTimeout(resolve, this.latencyMs));
    if (this.silent.has(node.name)) throw gone(node.name);
    if (hand.name === lookAtCluster.name && this.refusal?.cluster === cluster.cluster.name) {
      throw fail('SERVER_ERROR', { remedy: 'Look at it.' }, this.refusal.message);
    }
    const told =
      hand.name === lookAtCluster.name
        ? { ...cluster, self: nodeId }
        : nodeAnswer(cluster, node.name, this.nodes.get(node.name));
    // as it comes over the wire
    return hand.output.parse(JSON.parse(JSON.stringify(told)));
  }
}

const gone = (node: string) =>
  fail(
    'NODE_UNREACHABLE',
    { remedy: 'Bring it back.', node },
    `The agent on ${node} does not answer.`,
  );

export const looking: HandContext = {
  operation: '',
  epoch: 0,
  signal: new AbortController().signal,
  log: () => undefined,
};
