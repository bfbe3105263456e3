import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createRouterClient } from '@orpc/server';
import { composeCore } from '#electron/core/compose';
import { PortalClient } from '#electron/core/sync/portal-client';
import { machineAuthorities } from '#electron/core/trust/authorities';
import type { Client } from '#shared/contract/index';
import { mergeFields } from '#shared/domain/sync/merge';
import { isKnownField } from '#shared/domain/sync/project';
import type { Values } from '#shared/domain/sync/record';
import { LabPortal, type RunningPortal, startPortal } from '#tests/support/portal';
import { benchPorts } from './programs/ports';
import { amount, type BenchRow, median } from './row';

const CLUSTERS = 1_000;
const FIELDS = 30;
const ROUNDS = 5;
const SYNC_BUDGET_MS = 200;
const MERGE_BUDGET_MS = 50;

/** A desk that follows a portal of so many clusters, and that portal. */
async function world(dataDir: string) {
  const running = await startPortal(new LabPortal());
  for (let n = 0; n < CLUSTERS; n += 1) {
    running.portal.add(`lab-${n}`, {
      description: `The lab of room ${n}`,
      priority: n % 101,
      default_storage: 'ceph',
      admin_users: 'ada@pve,bob@pve',
    });
  }
  const ports = benchPorts(dataDir);
  const core = await composeCore(ports);
  const client: Client = createRouterClient(core.router, { context: { logger: ports.logger } });
  const { uuid } = await client.remotes.create({
    name: 'Portal',
    url: running.url,
    user: 'ada@pve',
    pin: running.fingerprint,
    secret: 'correct horse',
  });
  return { running, core, client, uuid };
}

async function syncOnce(client: Client, remoteUuid: string): Promise<number> {
  for await (const event of await client.sync.run({ remoteUuid })) {
    if (event.type !== 'done') continue;
    if (!event.report.ok) throw new Error(event.report.message);
    return event.report.requests;
  }
  throw new Error('The sync told no end');
}

/** What a script does without a base: every record is sent, changed or not. */
async function uploadAll({ url, fingerprint, portal }: RunningPortal): Promise<number> {
  const client = new PortalClient({
    url,
    auth: 'login',
    user: 'ada@pve',
    verify: 'pin',
    pin: fingerprint,
    secret: async () => 'correct horse',
    trust: machineAuthorities(),
  });
  const { signal } = new AbortController();
  await client.logIn(signal);
  const startedAt = performance.now();
  for (const { id: _id, db_id, created_at: _c, updated_at: _u, ...values } of portal.rows) {
    await client.update(db_id, values, signal);
  }
  const ms = performance.now() - startedAt;
  await client.close();
  return ms;
}

async function syncRow(): Promise<BenchRow> {
  const dataDir = mkdtempSync(join(tmpdir(), 'clusterdeck-bench-'));
  const { running, core, client, uuid } = await world(dataDir);
  try {
    // the first one brings all of them, the second one finds its connection closed meanwhile
    for (let round = 0; round < 2; round += 1) await syncOnce(client, uuid);
    const times: number[] = [];
    let requests = 0;
    for (let round = 0; round < ROUNDS; round += 1) {
      const startedAt = performance.now();
      requests = Math.max(requests, await syncOnce(client, uuid));
      times.push(performance.now() - startedAt);
    }
    const ours = median(times);
    const rival = await uploadAll(running);
    return {
      what: `sync of ${CLUSTERS} clusters without a change`,
      budget: `1 request, < ${SYNC_BUDGET_MS} ms`,
      ours: `${requests} ${requests === 1 ? 'request' : 'requests'}, ${amount(ours, 'ms')}`,
      rival: `${CLUSTERS} requests, ${amount(rival, 'ms')} (re-uploads everything)`,
      ratio: rival / ours,
      within: requests === 1 && ours < SYNC_BUDGET_MS,
    };
  } finally {
    await core.close();
    await running.close();
    rmSync(dataDir, { recursive: true, force: true });
  }
}

const NAMES = Array.from({ length: FIELDS }, (_, n) => (n === 0 ? 'name' : `field_${n}`));
const record = (n: number, edit: (field: number) => boolean): Values =>
  Object.fromEntries(
    NAMES.map((name, field) => [name, edit(field) ? `edited ${n}` : `${name} of cluster ${n}`]),
  );

/** The plain way: any two values are the same when their JSON is. */
function serialisedMerge(base: Values, mine: Values, theirs: Values) {
  return NAMES.map((field) => {
    const [was, here, there] = [base, mine, theirs].map((side) => JSON.stringify(side[field]));
    if (here === there) return null;
    return { field, outcome: was === here ? 'theirs' : was === there ? 'mine' : 'conflict' };
  });
}

function mergeRow(): BenchRow {
  const numbers = Array.from({ length: CLUSTERS }, (_, n) => n);
  // on each side a tenth of the fields, some of them the same
  const bases = numbers.map((n) => record(n, () => false));
  const mine = numbers.map((n) => record(n, (field) => (n + field) % 10 === 0));
  const theirs = numbers.map((n) => record(n, (field) => (n * 3 + field) % 10 === 0));
  const time = (work: () => unknown) => {
    const times = Array.from({ length: ROUNDS }, () => {
      const startedAt = performance.now();
      work();
      return performance.now() - startedAt;
    });
    return median(times);
  };
  const ours = time(() =>
    numbers.map((n) => mergeFields(bases[n] ?? null, mine[n] ?? {}, theirs[n] ?? {}, isKnownField)),
  );
  const rival = time(() =>
    numbers.map((n) => serialisedMerge(bases[n] ?? {}, mine[n] ?? {}, theirs[n] ?? {})),
  );
  return {
    what: `three-way merge of ${CLUSTERS} x ${FIELDS} fields`,
    budget: `< ${MERGE_BUDGET_MS} ms`,
    ours: amount(ours, 'ms'),
    rival: `${amount(rival, 'ms')} (compares serialised fields)`,
    ratio: rival / ours,
    within: ours < MERGE_BUDGET_MS,
  };
}

export async function bench(): Promise<BenchRow[]> {
  return [mergeRow(), await syncRow()];
}
