import type { Dress } from '../dress';
import { died } from '../errors';
import type { Guest, Pool, PveNode, Storage, StoredFile } from './types';

/** What a cluster is made of; see build.ts. */
export interface ClusterParts {
  /** Name of the cluster; empty on a node that stands alone. */
  name: string;
  dress: Dress;
  seed: number;
  nodes: PveNode[];
  guests: Guest[];
  storages: Storage[];
  files: StoredFile[];
  pools: Pool[];
  /** When the hosts came to this release, if they did not begin with it. */
  upgradedMs?: number;
}

/**
 * The state of one simulated cluster, with no notion of HTTP or of time: who
 * is there and how it stands. Every change raises `revision`, so that answers
 * made from the state may be kept until it moves.
 */
export class PveCluster {
  readonly name: string;
  readonly dress: Dress;
  readonly seed: number;
  readonly nodes: ReadonlyMap<string, PveNode>;
  readonly guests = new Map<number, Guest>();
  readonly storages: ReadonlyMap<string, Storage>;
  readonly upgradedMs: number | undefined;
  readonly pools = new Map<string, Pool>();
  files: StoredFile[];
  #revision = 0;
  #forcedQuorum: boolean | undefined;

  constructor(parts: ClusterParts) {
    this.name = parts.name;
    this.dress = parts.dress;
    this.seed = parts.seed;
    this.nodes = new Map(parts.nodes.map((node) => [node.name, node]));
    this.storages = new Map(parts.storages.map((storage) => [storage.id, storage]));
    this.files = parts.files;
    this.upgradedMs = parts.upgradedMs;
    for (const guest of parts.guests) this.guests.set(guest.vmid, guest);
    for (const pool of parts.pools) this.pools.set(pool.id, pool);
  }

  get revision(): number {
    return this.#revision;
  }

  /** A node that stands alone belongs to no cluster. */
  get standalone(): boolean {
    return this.name === '';
  }

  /** Says that something changed. */
  touch(): void {
    this.#revision += 1;
  }

  /** More than half of the votes, unless a test says otherwise. */
  get quorate(): boolean {
    if (this.#forcedQuorum !== undefined) return this.#forcedQuorum;
    const online = [...this.nodes.values()].filter((node) => node.online).length;
    return online * 2 > this.nodes.size;
  }

  /** Overrules the vote count; undefined lets it count again. */
  forceQuorum(quorate: boolean | undefined): void {
    this.#forcedQuorum = quorate;
    this.touch();
  }

  node(name: string): PveNode {
    const node = this.nodes.get(name);
    if (node === undefined) {
      throw died(
        `hostname lookup '${name}' failed - failed to get address info for: ${name}: Name or service not known`,
      );
    }
    return node;
  }

  /** The guest, if it lives on that node and is of that kind. */
  guestOn(node: string, kind: Guest['kind'], vmid: number): Guest {
    const guest = this.guests.get(vmid);
    if (guest === undefined || guest.node !== node || guest.kind !== kind) {
      const folder = kind === 'qemu' ? 'qemu-server' : 'lxc';
      throw died(`Configuration file 'nodes/${node}/${folder}/${vmid}.conf' does not exist`);
    }
    return guest;
  }

  guestsOn(node: string): Guest[] {
    return [...this.guests.values()].filter((guest) => guest.node === node);
  }

  storage(id: string): Storage {
    const storage = this.storages.get(id);
    if (storage === undefined) throw died(`storage '${id}' does not exist`);
    return storage;
  }

  /** Storages a node can see. */
  storagesOn(node: string): Storage[] {
    return [...this.storages.values()].filter(
      (storage) => storage.nodes === undefined || storage.nodes.includes(node),
    );
  }

  /** The lowest free VMID from 100 upwards. */
  nextVmid(): number {
    let vmid = 100;
    while (this.guests.has(vmid)) vmid += 1;
    return vmid;
  }

  /** Starts or ends a guest's run at `nowMs`. */
  setRunning(guest: Guest, running: boolean, nowMs: number): void {
    const last = guest.runs.at(-1);
    if (last !== undefined && last.toMs === undefined) last.toMs = nowMs;
    if (running) guest.runs.push({ fromMs: nowMs });
    guest.status = running ? 'running' : 'stopped';
    guest.paused = false;
    if (guest.haState !== undefined) guest.haState = running ? 'started' : 'stopped';
    this.touch();
  }

  /** Takes a node off or puts it back on the network at `nowMs`. */
  setOnline(name: string, online: boolean, nowMs: number): void {
    const node = this.node(name);
    if (node.online === online) return;
    node.online = online;
    const outage = node.outages.at(-1);
    if (online && outage !== undefined && outage.toMs === undefined) outage.toMs = nowMs;
    if (!online) node.outages.push({ fromMs: nowMs });
    if (online) node.bootMs = nowMs;
    this.touch();
  }
}
