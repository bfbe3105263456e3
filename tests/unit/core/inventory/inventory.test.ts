import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { Inventory } from '#electron/core/inventory/inventory';
import { problemsOf } from '#electron/core/inventory/problems';
import { inventoryRows } from '#shared/contract/inventory';
import { clusterTotals } from '#shared/domain/totals';
import { resources } from '#tests/support/watching';

const recordings = z.array(
  z.object({ name: z.string(), response: z.object({ json: z.unknown() }) }),
);

/** The rows of a recorded answer of the real 9.2.11. */
function recorded(file: string, name: string): unknown {
  const path = new URL(`../../../fixtures/recorded-pve-9.2.11/${file}.json`, import.meta.url);
  const all = recordings.parse(JSON.parse(readFileSync(path, 'utf8')));
  const found = all.find((each) => each.name === name);
  return z.object({ data: z.unknown() }).parse(found?.response.json).data;
}

test('the recorded resources of a cluster with silent nodes become rows of the contract', () => {
  const inventory = new Inventory();
  const { dropped } = inventory.apply(recorded('cluster-quorate-two-nodes-offline', 'resources'));
  const rows = inventory.rows();
  expect(dropped).toBe(0);
  expect(inventoryRows.parse(rows)).toEqual(rows);
  const states = Object.fromEntries(rows.nodes.map(({ node, status }) => [node, status]));
  expect(states).toEqual({ pve1: 'online', pve2: 'offline', pve3: 'offline' });
  expect(inventory.guest('lxc/302')).toMatchObject({
    status: 'unknown',
    cpu: null,
    name: 'CT 302',
  });
  expect(clusterTotals(rows)).toMatchObject({
    nodes: { online: 1, offline: 2, unknown: 0 },
    guests: { running: 0, stopped: 1, unknown: 2 },
  });
  expect(clusterTotals(rows).storage.total).toBe(270_553_174_016);
});

test('a silent guest keeps its name, tags and size, and loses its measured values', () => {
  const inventory = new Inventory();
  inventory.apply(resources());
  const { delta } = inventory.apply([
    { type: 'node', node: 'pve1', status: 'offline', id: 'node/pve1' },
    { type: 'qemu', id: 'qemu/100', vmid: 100, node: 'pve1', status: 'unknown' },
  ]);
  expect(inventory.guest('qemu/100')).toMatchObject({
    name: 'web',
    tags: ['exam', 'lab'],
    maxCpu: 2,
    status: 'unknown',
    cpu: null,
    mem: null,
    uptimeS: null,
  });
  expect(delta.guests.removed).toEqual(['lxc/101']);
});

test('rates come from the guest’s own clock, survive a repeated reading and a restart', () => {
  const inventory = new Inventory();
  const rate = (netin: number, uptime: number) => {
    inventory.apply(resources({ netin, uptime }));
    return inventory.guest('qemu/100')?.netInRate;
  };
  expect(rate(1e6, 4000)).toBeNull();
  expect(rate(21e6, 4010)).toBe(2e6);
  // the server repeats its reading until its next cycle
  expect(rate(21e6, 4010)).toBe(2e6);
  expect(rate(51e6, 4020)).toBe(3e6);
  expect(rate(400, 5)).toBeNull();
  expect(rate(20_000_400, 15)).toBe(2e6);
});

test('what nobody would notice is no change, however long it drifts', () => {
  const inventory = new Inventory();
  const cpu = (value: number) => {
    const { delta } = inventory.apply(resources({ cpu: value }));
    return [delta.guests.upserts.length, inventory.guest('qemu/100')?.cpu];
  };
  expect(cpu(0.3)).toEqual([2, 0.3]);
  expect(cpu(0.304)).toEqual([0, 0.3]);
  expect(cpu(0.308)).toEqual([0, 0.3]);
  expect(cpu(0.312)).toEqual([1, 0.312]);
  expect(cpu(0.02)).toEqual([1, 0.02]);
  expect(cpu(0.022)).toEqual([0, 0.02]);
  expect(cpu(0.023)).toEqual([1, 0.023]);
});

test('old releases send numbers as text, and such rows are read all the same', () => {
  const inventory = new Inventory();
  inventory.apply([
    {
      type: 'qemu',
      vmid: '100',
      node: 'pve',
      name: 'old',
      status: 'running',
      template: '',
      cpu: 0.5,
      maxcpu: 1,
      disk: '0',
      maxdisk: '1000',
      mem: 1,
      maxmem: 2,
      uptime: 9,
    },
    {
      type: 'storage',
      node: 'pve',
      storage: 'local',
      shared: '1',
      status: 'available',
      disk: '5',
      maxdisk: '10',
      content: 'iso',
    },
  ]);
  expect(inventory.guest('qemu/100')).toMatchObject({ vmid: 100, maxDisk: 1000, disk: null });
  expect(inventory.rows().storages[0]).toMatchObject({ shared: true, total: 10 });
});

const quiet = {
  failure: null,
  quorate: true,
  verify: 'pin',
  lastOnline: new Map<string, number>(),
  now: Date.parse('2026-11-21T14:10:00'),
} as const;

test('a node that does not answer is told with when it was seen and how many guests are unknown', () => {
  const inventory = new Inventory();
  inventory.apply(recorded('cluster-quorate-two-nodes-offline', 'resources'));
  const lastOnline = new Map([['pve2', Date.parse('2026-11-21T14:02:00')]]);
  expect(problemsOf({ ...quiet, rows: inventory.rows(), lastOnline })).toEqual([
    {
      severity: 'warning',
      title: 'Node pve2 does not answer',
      detail: 'Last seen 14:02 · 1 guest unknown',
      action: 'look',
      node: 'pve2',
    },
    {
      severity: 'warning',
      title: 'Node pve3 does not answer',
      detail: 'Not seen since watching began · 1 guest unknown',
      action: 'look',
      node: 'pve3',
    },
  ]);
});

test('lost quorum comes first, then full storages and an unchecked certificate', () => {
  const inventory = new Inventory();
  inventory.apply([
    ...resources(),
    {
      type: 'storage',
      node: 'pve1',
      storage: 'ceph',
      shared: 1,
      status: 'available',
      disk: 95e9,
      maxdisk: 100e9,
    },
  ]);
  const problems = problemsOf({ ...quiet, rows: inventory.rows(), quorate: false, verify: 'off' });
  expect(problems.map((each) => [each.severity, each.title])).toEqual([
    ['bad', 'The cluster has no quorum'],
    ['warning', 'Storage ceph is 95 % full'],
    ['warning', 'The certificate is not checked'],
  ]);
  expect(problems[1]?.detail).toBe('5 GB of 100 GB free');
});

test('a healthy cluster has no problems', () => {
  const inventory = new Inventory();
  inventory.apply(resources());
  expect(problemsOf({ ...quiet, rows: inventory.rows() })).toEqual([]);
});
