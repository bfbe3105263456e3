import { describe, expect, it } from 'vitest';
import type { ClusterLive, StorageRow } from '#shared/contract/inventory';
import { bytes } from '#shared/domain/units';
import { figuresOf, ofTotal } from '../../../renderer/features/cluster/figures';
import { isOld } from '../../../renderer/features/cluster/old';
import { storageViews } from '../../../renderer/features/cluster/storage-view';

const GIB = 2 ** 30;
const live: ClusterLive = {
  uuid: '6f0f3a52-7a3a-4a52-8f5e-1d2c3b4a5968',
  state: 'active',
  failure: null,
  version: '9.2.11',
  clusterName: 'lab',
  quorate: true,
  standalone: false,
  totals: {
    cpu: { used: 43.5, total: 128 },
    memory: { used: 545 * GIB, total: 768 * GIB },
    storage: { used: 20.7e12, total: 22e12 },
    overcommit: 1.9,
    nodes: { online: 3, offline: 0, unknown: 0 },
    guests: { running: 41, stopped: 19, other: 0, unknown: 0, templates: 7 },
  },
  clusteros: null,
  problems: [],
  asOf: 1000,
  stale: false,
  nextAttemptAt: null,
  endpoint: 'pve1:8006',
  latencyMs: 83.6,
  callsPerMinute: 6,
  spark: { cpu: [], memory: [], storage: [] },
};
const figure = (key: string, of: ClusterLive | undefined = live) => {
  const found = figuresOf(of).find((one) => one.key === key);
  return `${found?.quantity.text} ${found?.quantity.unit} | ${found?.words} | ${found?.tone}`;
};

describe('the figures of a cluster', () => {
  it('stand beside their measure', () => {
    expect(figure('cpu')).toBe('34 % | 43.5 of 128 cores | plain');
    expect(figure('memory')).toBe('71 % | 545 of 768 GiB | plain');
    expect(figure('guests')).toBe('41  | of 60 run, 7 templates | plain');
    expect(figure('calls')).toBe('6 /min | last took 84 ms | plain');
  });

  it('warn where it becomes tight', () => {
    expect(figure('storage')).toContain('| bad');
  });

  it('are dashes where nothing is known, and never a made-up 0', () => {
    for (const key of ['cpu', 'memory', 'storage', 'guests', 'overcommit']) {
      expect(figure(key, { ...live, totals: null })).toMatch(/^– /);
      expect(figuresOf(undefined).find((one) => one.key === key)?.quantity.text).toBe('–');
    }
  });

  it('name guests that are unknown', () => {
    const totals = live.totals && {
      ...live.totals,
      guests: { running: 22, stopped: 11, other: 0, unknown: 9, templates: 2 },
    };
    expect(figure('guests', { ...live, totals })).toContain('of 42 run, 9 unknown');
  });

  it('tell both units where they differ', () => {
    expect(ofTotal(bytes(9.21e11, 'si'), bytes(1.92e12, 'si'))).toBe('921 GB of 1.92 TB');
  });
});

describe('old numbers', () => {
  it('are those of a cluster that is silent or not watched', () => {
    expect(isOld(live)).toBe(false);
    expect(isOld({ ...live, stale: true })).toBe(true);
    expect(isOld({ ...live, state: 'unavailable' })).toBe(true);
    expect(isOld({ ...live, state: 'paused' })).toBe(true);
  });

  it('need to have been measured once', () => {
    expect(isOld({ ...live, state: 'unavailable', asOf: null })).toBe(false);
    expect(isOld(undefined)).toBe(false);
  });
});

describe('storages', () => {
  const row = (node: string, storage: string, shared: boolean): StorageRow => ({
    id: `storage/${node}/${storage}`,
    node,
    storage,
    shared,
    type: 'dir',
    content: [],
    status: 'available',
    used: 1,
    total: 2,
  });

  it('stand once when shared, with the nodes that see them', () => {
    const views = storageViews([
      row('a', 'ceph', true),
      row('b', 'ceph', true),
      row('a', 'local', false),
      row('b', 'local', false),
    ]);
    expect(views.map((view) => [view.row.storage, view.nodes])).toEqual([
      ['ceph', ['a', 'b']],
      ['local', ['a']],
      ['local', ['b']],
    ]);
  });
});
