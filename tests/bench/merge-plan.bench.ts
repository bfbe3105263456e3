import { systemClock } from '#agent/host/clock';
import { lookAtCrosser } from '#agent/operations/merge/hands';
import { mergeKind } from '#agent/operations/merge/kind';
import { draftMerge } from '#agent/operations/merge/plan/draft';
import { planFrom } from '#agent/operations/service/make';
import type { OperationPlan } from '#shared/contract/agent/operations';
import { BETA, job, looking, TwoClusters } from '#tests/support/merge-plan';
import { amount, type BenchRow, median } from './row';

const GAINING = 600;
const LOSING = 400;
const JOBS = 10_000;
const RUNS = 5;
const BUDGET_MS = 2_000;
/** An agent on a network of a lab answers a look within that. */
const ANSWER_MS = 10;

/** Two clusters of many nodes and jobs, whose agents answer over a network. */
function many(): TwoClusters {
  const nodes = (prefix: string, count: number) =>
    Array.from({ length: count }, (_, index) => `${prefix}${index + 1}`);
  const jobs = Array.from({ length: JOBS }, (_, index) => {
    const runs = index % 4 === 0;
    const user = index % 3 === 0 ? { user: 'bob', uid: 1001, gid: 1001 } : {};
    const nodesOf = runs ? [`b${(index % LOSING) + 1}`] : [];
    return job(String(500_001 + index), {
      ...user,
      name: `simulation-${index}`,
      state: runs ? 'RUNNING' : 'PENDING',
      nodes: nodesOf,
      stays: index % 50 === 1 ? 'It is interactive.' : '',
    });
  });
  const two = new TwoClusters({ nodes: nodes('a', GAINING) }, { nodes: nodes('b', LOSING), jobs });
  two.latencyMs = ANSWER_MS;
  return two;
}

/** The whole plan with its steps and its hash, as the API answers it. */
async function planned(two: TwoClusters): Promise<OperationPlan> {
  const { deps } = two;
  const kind = mergeKind({
    ...deps,
    membership: { self: deps.membership.self, members: () => [] },
    state: { get: async () => null, list: async () => [], commit: async () => null },
    clock: systemClock,
    enrolment: async () => '',
    draft: (params, context) => draftMerge(deps, params, context),
    pacts: { ...deps.pacts, drop: async () => undefined },
  });
  const draft = await kind.draft({ losing: BETA }, looking);
  const plan = planFrom(kind, draft, { at: 0, by: 'a bench', checks: [] });
  const failed = plan.checks.filter(({ state }) => state === 'failed');
  if (failed.length > 0) throw new Error(`It cannot be started: ${JSON.stringify(failed)}`);
  return plan;
}

/** What a script does: one node after another. @returns ms */
async function scripted(two: TwoClusters): Promise<number> {
  const { foreign, hands } = two.deps;
  const begun = performance.now();
  for (const { id, name, address, apiPort, fingerprint } of two.beta.members) {
    const node = { id, name, address, api_port: apiPort, fingerprint };
    await foreign.call(node, lookAtCrosser, { users: ['ada', 'bob'] }, looking);
  }
  for (const { id } of two.alpha.members) {
    await hands.call(id, lookAtCrosser, { users: ['ada', 'bob'] }, looking);
  }
  return performance.now() - begun;
}

/** How long the plan of a large merge takes. */
export async function bench(): Promise<BenchRow[]> {
  const two = many();
  const rounds: number[] = [];
  for (let run = 0; run < RUNS; run += 1) {
    const begun = performance.now();
    await planned(two);
    rounds.push(performance.now() - begun);
  }
  const own = median(rounds);
  const rival = await scripted(two);
  return [
    {
      what: `plan of a merge, ${GAINING} + ${LOSING} nodes and ${JOBS} jobs (asking one node after another)`,
      budget: `< ${BUDGET_MS / 1000} s`,
      ours: amount(own, 'ms'),
      rival: amount(rival, 'ms'),
      ratio: rival / own,
      within: own < BUDGET_MS,
    },
  ];
}
