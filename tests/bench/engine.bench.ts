import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { systemClock } from '#agent/host/clock';
import { Engine } from '#agent/operations/engine/engine';
import { Journal } from '#agent/operations/engine/journal';
import type { OperationDefinition } from '#agent/operations/engine/types';
import { operationFrom } from '#agent/operations/service/make';
import type { State } from '#agent/state/types';
import type { OperationPlan } from '#shared/contract/agent/operations';
import { type EtcdCluster, startEtcd } from '#tests/support/etcd';
import { amount, type BenchRow, median } from './row';

const STEPS = 50;
const ROUNDS = 5;
const BUDGET_MS = 20;
const run = promisify(execFile);

/** Steps that do nothing: what is left is the engine's own time. */
const definition: OperationDefinition = {
  kind: 'nothing',
  version: 1,
  steps: () =>
    Array.from({ length: STEPS }, (_, n) => {
      let isDone = false;
      return {
        id: `step-${n}`,
        title: `Step ${n}`,
        class: 'idempotent' as const,
        expectedMs: 1,
        deadlineMs: 60_000,
        probe: async () => (isDone ? 'done' : 'absent'),
        do: async ({ log }) => {
          isDone = true;
          log('It did nothing.');
        },
        verify: async () => null,
      };
    }),
};

function plan(): OperationPlan {
  const none = { count: 0, items: [] };
  return {
    hash: '0'.repeat(64),
    kind: 'nothing',
    version: 1,
    title: 'Nothing',
    params: {},
    procedure: '',
    reason: '',
    checks: [],
    steps: definition.steps({}).map((step) => ({
      id: step.id,
      title: step.title,
      detail: '',
      class: step.class,
      expected_ms: step.expectedMs,
      deadline_ms: step.deadlineMs,
    })),
    expected_pause_ms: 0,
    expected_ms: STEPS,
    blast: { goes_on: none, waits: none, cannot: none },
    irreversible: [],
    confirm: '',
    rollback_ms: 0,
    made_at: 0,
    made_by: 'a bench',
  };
}

/** @returns ms per step */
async function ours(state: State): Promise<number> {
  const journal = new Journal(state);
  const id = crypto.randomUUID();
  await journal.begin(operationFrom(plan(), { id, by: 'a bench', at: Date.now() }), plan());
  const key = `elections/operations/${id}`;
  await state.commit([], [{ key, put: 'a bench' }]);
  const epoch = (await state.get(key))?.createRevision ?? 0;
  const engine = new Engine({
    journal,
    definitions: new Map([[definition.kind, definition]]),
    clock: systemClock,
    node: 'bench',
    onChange: () => undefined,
  });
  const begun = performance.now();
  const end = await engine.run(id, { key, epoch }, new AbortController().signal);
  if (end.state !== 'done') throw new Error(`It ended ${end.state}`);
  return (performance.now() - begun) / STEPS;
}

/** What a script does: one put before and one after each step. @returns ms per step */
async function scripted(etcd: EtcdCluster, folder: string): Promise<number> {
  const files = { cacert: etcd.tls.ca, cert: etcd.tls.cert, key: etcd.tls.key };
  for (const [name, pem] of Object.entries(files)) {
    writeFileSync(join(folder, name), pem, { mode: 0o600 });
  }
  const flags = Object.keys(files).map((name) => `--${name}=${join(folder, name)}`);
  const endpoints = `--endpoints=${etcd.members.map(({ endpoint }) => endpoint).join(',')}`;
  const put = (value: string) =>
    run('etcdctl', [endpoints, ...flags, 'put', 'operation', value], {
      env: { ...process.env, ETCDCTL_API: '3' },
    });
  const begun = performance.now();
  for (let n = 0; n < STEPS; n += 1) {
    await put(`${n} begins`);
    await put(`${n} done`);
  }
  return (performance.now() - begun) / STEPS;
}

async function rowOf(members: number): Promise<BenchRow> {
  const etcd = await startEtcd(members);
  const folder = mkdtempSync(join(tmpdir(), 'clusterdeck-bench-'));
  const state = etcd.state();
  try {
    const rounds: number[] = [];
    // the first one also makes the connections
    await ours(state);
    for (let round = 0; round < ROUNDS; round += 1) rounds.push(await ours(state));
    const own = median(rounds);
    const rival = await scripted(etcd, folder);
    return {
      what: `engine's own time of a journaled step, ${members} etcd voters (etcdctl before and after)`,
      budget: `< ${BUDGET_MS} ms`,
      ours: amount(own, 'ms'),
      rival: amount(rival, 'ms'),
      ratio: rival / own,
      within: own < BUDGET_MS,
    };
  } finally {
    await state.close();
    await etcd.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** What the journal costs an operation, beside what its steps do. */
export async function bench(): Promise<BenchRow[]> {
  return [await rowOf(1), await rowOf(3)];
}
