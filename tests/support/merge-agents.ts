import type { MergeCard, MergeNode, Sighting } from '#shared/contract/agent/merge';
import type { OperationAnswer, OperationPlan } from '#shared/contract/agent/operations';
import { decideMerge } from '#shared/domain/merge-decision';
import { answerOf, type OperationAgents, planOf, STARTED } from './operation-agents';
import { agentJob, agentNode } from './overview';

/** The one that stays: three nodes. */
export const OAK = { uuid: '00000000-0000-4000-8000-0000000000a0', name: 'oak' };
/** The one that is taken up: two nodes. */
export const ELM = { uuid: '00000000-0000-4000-8000-0000000000b0', name: 'elm' };

type Named = typeof OAK;

const NODES: Readonly<Record<string, readonly string[]>> = {
  [OAK.uuid]: ['a1', 'a2', 'a3'],
  [ELM.uuid]: ['b1', 'b2'],
};
const idOf = (node: string): string =>
  `00000000-0000-4000-8000-00000000${node.replace('a', '1').replace('b', '2').padStart(4, '0')}`;

/** What a cluster of a test shows of itself. */
export function cardOf(cluster: Named, changes: Partial<MergeCard> = {}): MergeCard {
  return {
    cluster,
    founding: cluster.uuid.replace('0000-4', '0001-4'),
    created_at: STARTED - 90 * 86_400_000,
    enabled: true,
    nodes: (NODES[cluster.uuid] ?? []).map((name) => nodeOf(name)),
    made_at: STARTED,
    ...changes,
  };
}

function nodeOf(name: string): MergeNode {
  return {
    id: idOf(name),
    name,
    address: `10.0.0.${name.replace(/\D/g, '')}`,
    api_port: 9090,
    fingerprint: Array(32)
      .fill(name.startsWith('a') ? 'AA' : 'BB')
      .join(':'),
    roles: name.endsWith('1') ? ['slurm-controller'] : ['slurm-worker'],
    alive: true,
    stable_since: STARTED - 3_600_000,
  };
}

/** What two scripted clusters know of each other. */
export interface MergeWorld {
  /** uuids of clusters that let the other's nodes call them */
  pacts: Set<string>;
  cards: Map<string, MergeCard>;
  sightings: Map<string, Sighting[]>;
}

export function mergeWorld(): MergeWorld {
  return {
    pacts: new Set(),
    cards: new Map([OAK, ELM].map((cluster) => [cluster.uuid, cardOf(cluster)])),
    sightings: new Map(),
  };
}

/** Lets scripted agents answer for one of the two clusters as an agent with merging does. */
export function answerForMerges(agents: OperationAgents, own: Named, world: MergeWorld): void {
  const names = NODES[own.uuid] ?? [];
  agents.rights = 'admin';
  agents.overview = {
    cluster: own,
    nodes: names.map((name) => agentNode(name, { id: idOf(name) })),
    jobs:
      own === OAK
        ? [agentJob(11, { name: 'train', nodes: ['a2'] })]
        : [
            agentJob(41, { name: 'fold', user: 'mei', nodes: ['b2'] }),
            agentJob(42, { name: 'sweep', user: 'jonas', state: 'PENDING', nodes: [] }),
            agentJob(43, { name: 'after-fold', user: 'mei', state: 'PENDING', nodes: [] }),
          ],
  };
  agents.onOther = (method, path, body) => {
    if (path === '/api/v1/merge/card') return { status: 200, body: world.cards.get(own.uuid) };
    if (path === '/api/v1/split') {
      return { status: 200, body: { sightings: world.sightings.get(own.uuid) ?? [] } };
    }
    if (path === '/api/v1/merge/pact' && method === 'POST') return permit(own, world, body);
    if (path.startsWith('/api/v1/merge/pact/') && method === 'DELETE') {
      world.pacts.delete(own.uuid);
      return { status: 200, body: { ok: true, message: 'It is gone.' } };
    }
    if (path === '/api/v1/operations/plan') {
      const isPermitted = world.pacts.has(OAK.uuid) && world.pacts.has(ELM.uuid);
      if (isPermitted) return { status: 200, body: mergePlan() };
      const remedy = 'Let both call each other first.';
      return { status: 404, body: { ok: false, code: 'not-found', message: 'No pact.', remedy } };
    }
    return null;
  };
}

function permit(own: Named, world: MergeWorld, body: unknown) {
  const { card } = body as { card: MergeCard };
  const ours = world.cards.get(own.uuid) ?? cardOf(own);
  world.pacts.add(own.uuid);
  return {
    status: 200,
    body: {
      pact: { other: card.cluster, until: Date.now() + 86_400_000 },
      decision: decideMerge(ours, card),
    },
  };
}

const STEPS: readonly [id: string, title: string, part?: string][] = [
  ['pact', 'Coordination: both see each other as planned'],
  ['lock', 'Coordination: hold both for this merge'],
  ['keep', 'Coordination: keep what a return needs'],
  ['drain', 'Service migration: take no more jobs in elm'],
  ['carry', 'Service migration: carry pending jobs to oak'],
  ['empty-b2', 'Service migration: wait until b2 is empty', 'b2'],
  ['cross-b2', 'Service migration: move b2', 'b2'],
  ['empty-b1', 'State unification: wait until b1 is empty'],
  ['cross-b1', 'State unification: move b1'],
  ['verify', 'Verification: each node and job in one place'],
  ['release', 'Verification: let go of both'],
];

/** Elm into oak, as planned. */
export function mergePlan(): OperationPlan {
  const nodes = ['b2', 'b1'].map((name) => ({ ...nodeOf(name), isController: name === 'b1' }));
  const item = (id: string, name: string, user: string, state: string, note: string) => ({
    id,
    name,
    user,
    state,
    nodes: state === 'RUNNING' ? ['b2'] : [],
    note,
  });
  return planOf({
    kind: 'merge',
    title: 'Merge elm into oak',
    params: {
      gaining: OAK,
      losing: ELM,
      nodes,
      anchor: idOf('b1'),
      hasSlurm: true,
      leftJobs: 'wait',
    },
    procedure: '',
    reason: 'oak has 3 nodes stable for five minutes, elm has 2. b2 crosses first.',
    checks: [
      {
        id: 'enabled',
        title: 'Merging is switched on',
        state: 'ok',
        detail: 'On both.',
        remedy: '',
      },
      {
        id: 'job-ids',
        title: 'Job numbers',
        state: 'warning',
        detail: 'Both count from 1: carried jobs get new numbers.',
        remedy: 'Tell the users.',
      },
    ],
    steps: STEPS.map(([id, title, part]) => ({
      id,
      title,
      detail: 'It is done and proved before the next one.',
      class: id === 'cross-b1' ? 'pivot' : 'idempotent',
      expected_ms: 1200,
      deadline_ms: 60_000,
      ...(part !== undefined && { part }),
    })),
    expected_pause_ms: 0,
    expected_ms: 14_000,
    blast: {
      goes_on: {
        count: 1,
        items: [item('41', 'fold', 'mei', 'RUNNING', 'It ends in elm, and b2 crosses after it.')],
      },
      waits: { count: 1, items: [item('42', 'sweep', 'jonas', 'PENDING', 'It goes to oak.')] },
      cannot: {
        count: 1,
        items: [item('43', 'after-fold', 'mei', 'PENDING', 'It waits for a job that runs.')],
      },
    },
    irreversible: ['What carried jobs have done in oak is not taken back.'],
    confirm: 'elm',
    rollback_ms: 86_400_000,
  });
}

/**
 * The merge under way, with so many steps done and the next one at work.
 * @param elms the agents of the losing cluster, so that their card is known as one of it
 */
export function mergeAnswer(
  done: number,
  changes: Partial<OperationAnswer['operation']> = {},
  elms?: OperationAgents,
): OperationAnswer {
  const plan = mergePlan();
  const { operation, ...rest } = answerOf(changes, { plan }, done);
  const steps = operation.steps.map((step, index) => {
    const part = plan.steps[index]?.part;
    return { ...step, ...(part !== undefined && { part }) };
  });
  const nodes = ['b2', 'b1'].map((name, index) => ({
    ...nodeOf(name),
    ...(elms !== undefined && { address: '127.0.0.1', fingerprint: elms.fingerprint(index) }),
  }));
  return {
    ...rest,
    operation: {
      ...operation,
      params: { ...operation.params, nodes },
      steps: changes.steps ?? steps,
    },
  };
}
