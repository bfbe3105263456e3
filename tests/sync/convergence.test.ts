import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Cluster } from '#shared/contract/clusters';
import { essenceOfRecord, openHubAndDesks, type SyncDesk } from './two-desks';

const IDS = ['keep', 'ada', 'bob', 'cat'];
const clusterId = fc.constantFrom(...IDS);
const someone = fc.constantFrom(...IDS.slice(1));

/** Every field that both sides can say, so that no two of them go another way. */
const changes = fc
  .record(
    {
      name: fc.constantFrom('One', 'Zwei 🧪', 'Trois'),
      description: fc.constantFrom('', 'two\nlines', 'short'),
      priority: fc.integer({ min: 0, max: 3 }),
      isActive: fc.boolean(),
      isDefault: fc.boolean(),
      allowVmDeployment: fc.boolean(),
      defaultStorage: fc.constantFrom(null, 'local', 'ceph'),
      endpoints: fc
        .record({ host: fc.constantFrom('a.lab', 'b.lab'), port: fc.constantFrom(443, 8006) })
        .map((address) => [{ ...address, pin: null }]),
    },
    { requiredKeys: [] },
  )
  .filter((fields) => Object.keys(fields).length > 0);

const step = fc.record({
  desk: fc.constantFrom(0, 1),
  act: fc.oneof(
    {
      weight: 5,
      arbitrary: fc.record({ kind: fc.constant('change' as const), id: clusterId, changes }),
    },
    { weight: 2, arbitrary: fc.record({ kind: fc.constant('add' as const), id: someone }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('remove' as const), id: someone }) },
    {
      weight: 3,
      arbitrary: fc.record({
        kind: fc.constant('sync' as const),
        resolveAll: fc.constantFrom('mine' as const, 'theirs' as const, undefined),
      }),
    },
  ),
});
type Step = typeof step extends fc.Arbitrary<infer Value> ? Value : never;

async function take(desks: SyncDesk[], { desk: index, act }: Step): Promise<void> {
  const desk = desks[index];
  if (desk === undefined) return;
  switch (act.kind) {
    case 'change':
      return desk.change(act.id, act.changes as Partial<Cluster>);
    case 'add':
      return desk.add(act.id);
    case 'remove':
      return desk.remove(act.id);
    case 'sync': {
      const report = await desk.sync(act.resolveAll && { resolveAll: act.resolveAll });
      const failed = report.entries.filter(({ result }) => result === 'failed');
      if (failed.length > 0) throw new Error(`A sync failed: ${JSON.stringify(failed)}`);
    }
  }
}

const ROUNDS = 4;

/** Syncs in turns until neither desk has anything left to do; the first one's word counts. */
async function settle([first, second]: SyncDesk[]): Promise<void> {
  let open: object[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    await first?.sync({ resolveAll: 'mine' });
    await second?.sync({ resolveAll: 'theirs' });
    const left = [await first?.sync({ dryRun: true }), await second?.sync({ dryRun: true })];
    open = left
      .flatMap((report) => report?.entries ?? [])
      .filter(({ verdict }) => verdict !== 'same');
    if (open.length === 0) return;
  }
  throw new Error(`There is no end to it: ${JSON.stringify(open)}`);
}

test('two desks that edit offline come to the same through one hub, whatever they do', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 4, maxLength: 16 }), async (steps) => {
      const { desks, records, close } = await openHubAndDesks(2);
      for (const desk of desks) await desk.sync();
      for (const each of steps) await take(desks, each);
      await settle(desks);
      const there = await records();
      const shown = await Promise.all(desks.map((desk) => desk.shown()));
      const hub = new Map(there.map((record) => [record.id, essenceOfRecord(record)]));
      expect(hub.size, 'no id twice at the hub').toBe(there.length);
      for (const desk of shown) expect(desk).toEqual(hub);
      expect(there.filter((record) => record['is_default']).length).toBeLessThanOrEqual(1);
      const numbers = await Promise.all(desks.map((desk) => desk.client.clusters.list()));
      for (const list of numbers) expect(list).toHaveLength(hub.size);
      await close();
    }),
    { numRuns: Number(process.env['CONVERGENCE_RUNS'] ?? 12) },
  );
}, 600_000);

test('edits of different fields and clusters are all there in the end, with nobody asked', async () => {
  const mine = fc.record({
    name: fc.constantFrom('One', 'Two'),
    priority: fc.integer({ min: 0, max: 9 }),
  });
  const theirs = fc.record({
    description: fc.constantFrom('a', 'b'),
    isActive: fc.boolean(),
    defaultStorage: fc.constantFrom('local', 'ceph'),
  });
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(clusterId, mine, theirs, fc.boolean(), fc.boolean()), {
        minLength: 1,
        maxLength: 6,
      }),
      async (edits) => {
        const { desks, records, close } = await openHubAndDesks(2);
        const [first, second] = desks;
        if (first === undefined || second === undefined) throw new Error('There are two desks');
        await first.sync();
        for (const id of IDS.slice(1)) await first.add(id);
        await first.sync();
        await second.sync();
        await first.add('only-first');
        await second.add('only-second');
        const last = new Map<string, object>();
        for (const [id, here, there, firstSyncs, secondSyncs] of edits) {
          await first.change(id, here);
          await second.change(id, there);
          last.set(id, { ...here, ...there });
          if (firstSyncs) await first.sync();
          if (secondSyncs) await second.sync();
        }
        const reports = [await first.sync(), await second.sync(), await first.sync()];
        const asked = reports
          .flatMap(({ entries }) => entries)
          .filter(({ result }) => result === 'waits');
        expect(asked).toEqual([]);
        const hub = new Map(
          (await records()).map((record) => [record.id, essenceOfRecord(record)]),
        );
        expect([...hub.keys()].toSorted()).toEqual(
          [...IDS, 'only-first', 'only-second'].toSorted(),
        );
        for (const [id, fields] of last) expect(hub.get(id)).toMatchObject(fields);
        for (const desk of desks) expect(await desk.shown()).toEqual(hub);
        await close();
      },
    ),
    { numRuns: Number(process.env['CONVERGENCE_RUNS'] ?? 8) },
  );
}, 600_000);
