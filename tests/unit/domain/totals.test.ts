import { expect, test } from 'vitest';
import { clusterTotals, countedStorages } from '#shared/domain/totals';

const storage = (node: string, name: string, shared: boolean, total: number | null) => ({
  node,
  storage: name,
  shared,
  total,
  used: total === null ? null : total / 2,
});
const node = (name: string, status: 'online' | 'offline' = 'online') => ({
  node: name,
  status,
  cpu: status === 'online' ? 0.25 : null,
  maxCpu: status === 'online' ? 16 : null,
  mem: status === 'online' ? 8 : null,
  maxMem: status === 'online' ? 32 : null,
});

test('shared storage counts once, local storage of the same name once per node', () => {
  const rows = [
    storage('a', 'local', false, 100),
    storage('b', 'local', false, 100),
    storage('a', 'ceph', true, 1000),
    storage('b', 'ceph', true, 1000),
  ];
  expect(countedStorages(rows)).toHaveLength(3);
  expect(clusterTotals({ nodes: [], guests: [], storages: rows }).storage).toEqual({
    used: 600,
    total: 1200,
  });
});

test('a shared storage that a silent node lists first still counts with its numbers', () => {
  const rows = [storage('dead', 'nfs', true, null), storage('a', 'nfs', true, 400)];
  expect(clusterTotals({ nodes: [], guests: [], storages: rows }).storage.total).toBe(400);
});

test('only online nodes offer capacity, and overcommit is vCPUs of running guests a core', () => {
  const totals = clusterTotals({
    nodes: [node('a'), node('b'), node('c', 'offline')],
    guests: [
      { status: 'running', template: false, maxCpu: 48 },
      { status: 'stopped', template: false, maxCpu: 8 },
      { status: 'paused', template: false, maxCpu: 8 },
      { status: 'unknown', template: false, maxCpu: null },
      { status: 'stopped', template: true, maxCpu: 8 },
    ],
    storages: [],
  });
  expect(totals).toEqual({
    cpu: { used: 8, total: 32 },
    memory: { used: 16, total: 64 },
    storage: { used: null, total: null },
    overcommit: 1.5,
    nodes: { online: 2, offline: 1, unknown: 0 },
    guests: { running: 1, stopped: 1, other: 1, unknown: 1, templates: 1 },
  });
});

test('what nobody measured is null and not 0', () => {
  const totals = clusterTotals({ nodes: [node('a', 'offline')], guests: [], storages: [] });
  expect(totals.cpu).toEqual({ used: null, total: null });
  expect(totals.overcommit).toBeNull();
});
