import { isDefinedError, safe } from '@orpc/server';
import { expect, test } from 'vitest';
import type { Chart, Timeframe } from '#shared/contract/charts';
import { withDeck } from '#tests/support/deck';
import { withLab } from '#tests/support/pve';

const TIMEFRAMES: Timeframe[] = ['hour', 'day', 'week', 'month', 'year'];

function measured(chart: Chart | undefined): number {
  return chart?.series[0]?.values.filter((value) => value !== null).length ?? 0;
}

test.each(['prod-main', 'student-lab', 'hall-c'])(
  'every timeframe of %s has charts of at most 120 points, aligned and mostly without gaps',
  async (clusterId) => {
    const lab = await withLab();
    const { client, uuid: find } = await withDeck(lab);
    const uuid = await find(clusterId);
    await client.inventory.poll({ cluster: clusterId });
    for (const timeframe of TIMEFRAMES) {
      const { charts } = await client.charts.get({ uuid, target: { kind: 'cluster' }, timeframe });
      expect(charts.map((chart) => chart.id)).toEqual(['cpu', 'memory', 'network', 'load']);
      for (const chart of charts) {
        expect(chart.times.length).toBeLessThanOrEqual(120);
        expect(chart.times).toEqual(chart.times.toSorted((a, b) => a - b));
        for (const series of chart.series) expect(series.values).toHaveLength(chart.times.length);
        expect(measured(chart)).toBeGreaterThan(chart.times.length * 0.8);
        expect(chart.source).toBe('server');
      }
    }
  },
);

test('CPU and memory of a cluster are drawn by node, as fractions', async () => {
  const lab = await withLab();
  const { client, uuid: find } = await withDeck(lab);
  const uuid = await find('prod-main');
  await client.inventory.poll({ cluster: 'prod-main' });
  const { charts } = await client.charts.get({
    uuid,
    target: { kind: 'cluster' },
    timeframe: 'hour',
  });
  const [cpu, memory] = charts;
  expect(cpu?.series).toHaveLength(3);
  for (const value of [...(cpu?.series ?? []), ...(memory?.series ?? [])].flatMap(
    (s) => s.values,
  )) {
    expect(value ?? 0).toBeGreaterThanOrEqual(0);
    expect(value ?? 0).toBeLessThanOrEqual(1);
  }
});

test('nodes, guests and storages have their own charts, and unknown names are refused', async () => {
  const lab = await withLab();
  const { client, uuid: find } = await withDeck(lab);
  const uuid = await find('prod-main');
  await client.inventory.poll({ cluster: 'prod-main' });
  const [answer] = await client.inventory.query({ cluster: 'prod-main', query: 'is:running' });
  const node = answer?.nodes[0]?.node ?? '';
  const guestId = answer?.guests[0]?.id ?? '';
  const storage = answer?.storages[0];
  const get = (target: Parameters<typeof client.charts.get>[0]['target']) =>
    client.charts.get({ uuid, target, timeframe: 'day' });
  expect((await get({ kind: 'node', node })).charts.map((chart) => chart.id)).toEqual([
    'cpu',
    'memory',
    'network',
    'load',
    'disk',
  ]);
  expect((await get({ kind: 'guest', guestId })).charts.map((chart) => chart.id)).toContain('disk');
  const target = {
    kind: 'storage',
    node: storage?.node ?? '',
    storage: storage?.storage ?? '',
  } as const;
  expect((await get(target)).charts.map((chart) => chart.id)).toEqual(['storage']);
  const { error } = await safe(get({ kind: 'node', node: '../../access' }));
  expect(isDefinedError(error) && error.code).toBe('NOT_FOUND');
});

test('without its server a cluster is drawn from what this desk recorded, and says so', async () => {
  const lab = await withLab();
  const { client, uuid: find } = await withDeck(lab);
  const uuid = await find('prod-main');
  await client.inventory.poll({ cluster: 'prod-main' });
  await lab.cluster('prod-main').refuseConnections();
  const [live] = await client.inventory.poll({ cluster: 'prod-main' });
  expect(live).toMatchObject({ state: 'unavailable', failure: { code: 'CONNECTION_REFUSED' } });
  const { charts, note } = await client.charts.get({
    uuid,
    target: { kind: 'cluster' },
    timeframe: 'hour',
  });
  expect(charts.map((chart) => [chart.id, chart.source])).toEqual([
    ['cpu', 'local'],
    ['memory', 'local'],
  ]);
  // the hour that the nodes told of at first contact
  expect(measured(charts[0])).toBeGreaterThan(50);
  expect(note).toContain('this desk recorded');
});

test('two screens that ask for the same chart share one request a node', async () => {
  const lab = await withLab();
  const { client, uuid: find } = await withDeck(lab);
  const uuid = await find('prod-main');
  await client.inventory.poll({ cluster: 'prod-main' });
  const asked = () => lab.cluster('prod-main').requestCount('GET', '/nodes/{node}/rrddata');
  const before = asked();
  const ask = () => client.charts.get({ uuid, target: { kind: 'cluster' }, timeframe: 'hour' });
  await Promise.all([ask(), ask(), ask()]);
  await ask();
  expect(asked() - before).toBe(3);
});

test('a card has the lines of the last hour at first contact, for one request a node and storage', async () => {
  const lab = await withLab();
  const { client } = await withDeck(lab);
  const [live] = await client.inventory.poll({ cluster: 'prod-main' });
  for (const line of [live?.spark.cpu, live?.spark.memory, live?.spark.storage]) {
    const values = (line ?? []).filter((value) => value !== null);
    expect(values.length).toBeGreaterThan(50);
    for (const value of values) expect(value > 0 && value <= 1).toBe(true);
  }
  const prod = lab.cluster('prod-main');
  const asked = () => prod.requests().filter(({ route }) => route.endsWith('/rrddata'));
  const first = asked().reduce((sum, { count }) => sum + count, 0);
  expect(first).toBeLessThanOrEqual(3 + 12);
  await client.inventory.poll({ cluster: 'prod-main' });
  expect(asked().reduce((sum, { count }) => sum + count, 0)).toBe(first);
});
