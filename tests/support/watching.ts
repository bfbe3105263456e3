import { setImmediate as macrotask } from 'node:timers/promises';
import type { ClusterReader } from '#electron/core/clusters/types';
import { PveSource } from '#electron/core/inventory/pve-source';
import { type WatchEvent, Watcher } from '#electron/core/inventory/watcher';
import type { Answer } from '#electron/core/net/carrier';
import type { Power } from '#electron/core/ports';
import type { CallOptions, PveClient, PveClients } from '#electron/core/pve/types';
import type { Cluster } from '#shared/contract/clusters';
import { fail } from '#shared/contract/errors';
import { FakeClock } from './fake-clock';
import { clusterOf } from './rows';

type Handler = (path: string, options: CallOptions | undefined) => unknown;

/** Clients whose answers a test makes up; every call is kept. */
export class FakePve implements Pick<PveClients, 'get' | 'reset'> {
  readonly calls: Array<{
    uuid: string;
    method: string;
    path: string;
    params: object | undefined;
  }> = [];
  readonly resets: string[] = [];
  readonly #handlers = new Map<string, Handler>();

  /** What a cluster answers from now on; a handler that throws fails the call. */
  on(uuid: string, handler: Handler): void {
    this.#handlers.set(uuid, handler);
  }

  /** How often a path was asked. */
  count(uuid: string, path: string): number {
    return this.calls.filter((call) => call.uuid === uuid && call.path === path).length;
  }

  get(uuid: string): PveClient {
    const call: PveClient['call'] = async (method, path, params, options): Promise<Answer> => {
      this.calls.push({ uuid, method, path, params });
      const handler = this.#handlers.get(uuid);
      if (handler === undefined) throw fail('UNREACHABLE', { remedy: 'Check the network.' });
      return { data: await handler(path, options), endpoint: `${uuid}:8006`, latencyMs: 12 };
    };
    return {
      call,
      callsPerMinute: () => 6,
      answerTfa: async () => {},
      close: async () => {},
      api: () => {
        throw new Error('Not used here');
      },
    };
  }

  async reset(uuid: string): Promise<void> {
    this.resets.push(uuid);
  }
}

/** Clusters in memory. */
export function readerOf(clusters: Cluster[]): ClusterReader {
  const get = (uuid: string) => {
    const found = clusters.find((cluster) => cluster.uuid === uuid);
    if (found === undefined) throw fail('NOT_FOUND', { remedy: 'Look at the deck.' });
    return found;
  };
  return { list: () => clusters, get, find: get };
}

/** Moves the clock on in small steps, so that whoever wakes can go to sleep again. */
export async function pass(clock: FakeClock, ms: number, stepMs = 250): Promise<void> {
  for (let left = ms; left > 0; left -= stepMs) {
    clock.advance(Math.min(stepMs, left));
    for (let turn = 0; turn < 6; turn += 1) await macrotask();
  }
}

/** A watcher over fake clusters with a standing clock, and everything it said. */
export function watching(uuids: string[], changes: Partial<Cluster> = {}) {
  const clock = new FakeClock();
  const pve = new FakePve();
  const clusters = uuids.map((uuid) => clusterOf(uuid, changes));
  const events: WatchEvent[] = [];
  const recorded: string[] = [];
  const saved = new Map<string, number>();
  const logged: string[] = [];
  const power = { asleep: false, tell: (_asleep: boolean) => {} };
  const pace = { pollSeenS: 10, pollHiddenS: 60 };
  const port: Power = {
    get asleep() {
      return power.asleep;
    },
    onChange: (listener) => {
      power.tell = (asleep) => {
        power.asleep = asleep;
        listener(asleep);
      };
      return () => {};
    },
  };
  const watcher = new Watcher({
    clock,
    logger: {
      debug() {},
      info() {},
      warn: (_fields, message) => void logged.push(message),
      error: (_fields, message) => void logged.push(message),
    },
    clusters: readerOf(clusters),
    sources: {
      proxmox: (uuid) => new PveSource(uuid, pve, clock),
      clusteros: () => {
        throw new Error('Not used here');
      },
    },
    history: {
      record: (uuid) => void recorded.push(uuid),
      fill() {},
      spark: () => ({ cpu: [], memory: [], storage: [] }),
      restore() {},
      forget() {},
    },
    snapshots: {
      load: () => new Map(),
      save: async (uuid, known) => void saved.set(uuid, known.asOf),
    },
    power: port,
    settings: () => pace,
  });
  watcher.events.subscribe((event) => events.push(event));
  return { clock, pve, clusters, watcher, events, recorded, saved, logged, power, pace };
}

/** `/cluster/resources` of one node with two guests. */
export function resources(changes: { cpu?: number; netin?: number; uptime?: number } = {}) {
  const { cpu = 0.1, netin = 1000, uptime = 4000 } = changes;
  const guest = { node: 'pve1', maxcpu: 2, maxmem: 2 ** 31, maxdisk: 2 ** 34, template: 0 };
  return [
    {
      type: 'node',
      id: 'node/pve1',
      node: 'pve1',
      status: 'online',
      cpu: 0.2,
      maxcpu: 8,
      mem: 2 ** 33,
      maxmem: 2 ** 34,
      disk: 2 ** 32,
      maxdisk: 2 ** 36,
      uptime: 90_000,
      level: '',
    },
    {
      ...guest,
      type: 'qemu',
      id: 'qemu/100',
      vmid: 100,
      name: 'web',
      status: 'running',
      cpu,
      mem: 2 ** 30,
      netin,
      netout: 500,
      uptime,
      tags: 'exam;lab',
    },
    {
      ...guest,
      type: 'lxc',
      id: 'lxc/101',
      vmid: 101,
      name: 'db',
      status: 'stopped',
      cpu: 0,
      mem: 0,
      netin: 0,
      netout: 0,
      uptime: 0,
    },
    {
      type: 'storage',
      id: 'storage/pve1/local',
      node: 'pve1',
      storage: 'local',
      status: 'available',
      plugintype: 'dir',
      content: 'iso,images',
      shared: 0,
      disk: 2 ** 33,
      maxdisk: 2 ** 36,
    },
  ];
}

/** A healthy standalone 9.x node. */
export function healthy(rows: () => unknown = resources): Handler {
  return (path) => {
    if (path === '/version') return { version: '9.2.11', release: '9.2' };
    if (path === '/cluster/status') return [{ type: 'node', name: 'pve1', online: 1, local: 1 }];
    return rows();
  };
}
