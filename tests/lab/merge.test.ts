import { afterAll, beforeAll, expect, it } from 'vitest';
import { clusterAnswer } from '#shared/contract/agent/dashboard';
import { TwoClusters } from '#tests/lab/merge/clusters';
import { MergeLoad } from '#tests/lab/merge/load';
import { ended, endedAfter, startOn } from '#tests/lab/operations';
import { ask } from '#tests/lab/views';

// three hosts and two, with keys and jobs of their own. In order: each begins where the one before ended.
let clusters: TwoClusters;
let merged = '';
/** jobs of the cluster that is taken up which nobody lets begin */
let held: MergeLoad;
/** the budget of a submission is 1.5 s; a machine that runs other tests too is given more */
const LONGEST_MS = 6_000;
const PATIENCE_MS = 300_000;

beforeAll(async () => {
  clusters = await TwoClusters.start();
  held = new MergeLoad(clusters);
});
afterAll(() => clusters?.lab.down());

const uuidOf = async (name: string) =>
  (await ask(clusters.host(name), '/api/v1/cluster', clusterAnswer)).uuid;
const keyOf = (name: string) => clusters.host(name).sh('sha256sum </etc/munge/munge.key');

it(
  'takes one cluster up while jobs run in both',
  async () => {
    const [a, b] = [await uuidOf('a1'), await uuidOf('b1')];
    expect(a).not.toBe(b);
    const load = new MergeLoad(clusters);
    load.staying.start();
    await load.staying.served(4);
    const long = await load.staying.submit(60, ['-w', 'a3']);
    await load.fill(8);
    const [first] = await held.wait(1, ['-H']);
    await held.wait(1, [`--dependency=afterany:${first ?? ''}`]);
    const plan = await clusters.plan();
    const before = await load.seen('a1', long.id ?? '');
    const since = Date.now();
    const { id } = await startOn(clusters.host('a1'), plan);
    merged = id;
    const { operation } = await ended(clusters.staying, id, PATIENCE_MS);
    expect(operation).toMatchObject({ state: 'done', reason: '' });
    await clusters.one();
    await load.staying.served(4);
    await load.stop();
    expect(load.staying.longestSince(since)).toBeLessThan(LONGEST_MS);
    expect(await load.seen('a1', long.id ?? '')).toEqual(before);
    for (const name of ['b1', 'b2']) {
      expect(await uuidOf(name)).toBe(a);
      expect(await keyOf(name)).toBe(await keyOf('a1'));
      expect(await clusters.host('a1').must(['srun', '-w', name, 'hostname'])).toBe(`${name}\n`);
    }
    await load.settled();
    expect(await load.wrong()).toEqual([]);
    expect(await held.places('a1')).toEqual(['JobHeldUser', 'Dependency']);
  },
  PATIENCE_MS,
);

it(
  'parts them again after hours and restarts, with all that has not begun',
  async () => {
    // as if nobody had said for twenty hours that it stays
    await Promise.all(clusters.lab.hosts.map((host) => host.clock('+20h')));
    await clusters.one();
    const load = new MergeLoad(clusters);
    load.staying.start();
    await load.staying.served(2);
    const a1 = clusters.host('a1');
    const { operation } = await endedAfter(clusters.staying, a1, merged, 'rollback', PATIENCE_MS);
    expect(operation).toMatchObject({ state: 'undone' });
    await clusters.apart();
    await load.staying.served(2);
    await load.stop();
    expect(await uuidOf('b1')).toBe(await uuidOf('b2'));
    expect(await uuidOf('b1')).not.toBe(await uuidOf('a1'));
    expect(await keyOf('b1')).not.toBe(await keyOf('a1'));
    for (const [on, name] of [
      ['b1', 'b2'],
      ['b2', 'b1'],
      ['a1', 'a2'],
    ] as const) {
      expect(await clusters.host(on).must(['srun', '-w', name, 'hostname'])).toBe(`${name}\n`);
    }
    await load.settled();
    expect(await load.wrong()).toEqual([]);
    // what has not begun is where it came from, and only there
    expect(await held.places('a1')).toEqual([]);
    expect(await held.places('b1')).toEqual(['JobHeldUser', 'Dependency']);
    await held.release('b1');
    await held.settled();
    expect(await held.wrong()).toEqual([]);
  },
  PATIENCE_MS,
);
