import { dressOf } from '../dress';
import { Dice, mix, seedOf, unit } from '../random';
import { PveCluster } from './cluster';
import { buildFiles } from './files';
import { GUEST_ROLES, type GuestRole, TEMPLATES } from './guest-roles';
import type { ClusterSpec, StorageSpec } from './spec';
import type { Guest, PveNode, Storage } from './types';

const GIB = 1024 ** 3;
const DAY_MS = 86_400_000;
const FIRST_TEMPLATE_VMID = 900;
const FIRST_VMID = 101;

/**
 * Builds a cluster from its spec. The same spec, seed and moment give the same
 * cluster, down to every byte counter.
 */
export function buildCluster(spec: ClusterSpec, seed: number, nowMs: number): PveCluster {
  const own = seedOf(spec.id, seed);
  const nodes = spec.nodes.map((node, index) => buildNode(spec, index, own, nowMs, node));
  const storages = spec.storages.map((storage, index) =>
    buildStorage(storage, mix(own, 500 + index)),
  );
  const guests = buildGuests(spec, nodes, storages, own, nowMs);
  return new PveCluster({
    name: spec.clusterName,
    dress: dressOf(spec.dress),
    seed: own,
    nodes,
    guests,
    storages,
    files: buildFiles(storages, guests, nowMs),
    pools: spec.pools.map(({ id, comment }) => ({ id, comment })),
    ...(spec.upgradedDaysAgo === undefined
      ? {}
      : { upgradedMs: nowMs - spec.upgradedDaysAgo * DAY_MS }),
  });
}

function buildNode(
  spec: ClusterSpec,
  index: number,
  own: number,
  nowMs: number,
  node: ClusterSpec['nodes'][number],
): PveNode {
  const seed = mix(own, 100 + index);
  const bootMs = nowMs - Math.floor((3 + unit(seed, 1) * 60) * DAY_MS);
  const away = node.offline !== undefined;
  // A node that is away went away last night, so its history has an end.
  const wentMs = nowMs - Math.floor((9 + unit(seed, 2) * 6) * 3_600_000);
  return {
    name: node.name,
    nodeId: spec.clusterName === '' ? 0 : index + 1,
    ip: `192.0.2.${11 + index}`,
    online: !away,
    trouble: node.offline ?? 'unreachable',
    seen: !(node.neverSeen ?? false),
    cores: node.cores ?? 32,
    sockets: 2,
    cpuModel: 'AMD EPYC 7313 16-Core Processor',
    memBytes: (node.memGiB ?? 128) * GIB,
    rootBytes: 94 * GIB,
    seed,
    bootMs,
    outages: away ? [{ fromMs: wentMs }] : [],
    fingerprint: '',
  };
}

function buildStorage(spec: StorageSpec, seed: number): Storage {
  return {
    id: spec.id,
    type: spec.type,
    content: spec.content,
    shared: spec.shared,
    enabled: true,
    totalBytes: spec.totalGiB * GIB,
    usedFraction: spec.usedFraction,
    growthPerDay: spec.growthPerDay ?? 0.0015,
    seed,
    ...(spec.path === undefined ? {} : { path: spec.path }),
    ...(spec.server === undefined ? {} : { server: spec.server }),
  };
}

function buildGuests(
  spec: ClusterSpec,
  nodes: PveNode[],
  storages: Storage[],
  own: number,
  nowMs: number,
): Guest[] {
  const dice = new Dice(mix(own, 7));
  const guests: Guest[] = [];
  const templates = Math.min(TEMPLATES.length, Math.floor(spec.guests / 8));
  const disks = diskStorages(storages);
  for (let i = 0; i < templates; i += 1) {
    guests.push(buildTemplate(i, nodes, disks, mix(own, 9000 + i), nowMs));
  }
  const numbers = new Map<string, number>();
  for (let i = 0; i < spec.guests - templates; i += 1) {
    const role = pickRole(dice);
    const number = (numbers.get(role.name) ?? 0) + 1;
    numbers.set(role.name, number);
    const node = nodes[i % nodes.length] as PveNode;
    const guest = buildGuest(vmidOf(i), role, number, node, disks, mix(own, 1000 + i), nowMs);
    place(guest, spec, dice);
    // Guests of a node that went away stopped being heard of, not being up.
    guests.push(guest);
  }
  return guests;
}

/** The i-th guest's number; the templates have a range of their own. */
function vmidOf(index: number): number {
  const vmid = FIRST_VMID + index;
  return vmid < FIRST_TEMPLATE_VMID ? vmid : vmid + TEMPLATES.length;
}

function pickRole(dice: Dice): GuestRole {
  const total = GUEST_ROLES.reduce((sum, role) => sum + role.weight, 0);
  let roll = dice.next() * total;
  for (const role of GUEST_ROLES) {
    roll -= role.weight;
    if (roll < 0) return role;
  }
  return GUEST_ROLES[0] as GuestRole;
}

/** Storages that may hold a guest's disk, local ones first. */
function diskStorages(storages: Storage[]): Storage[] {
  const fit = storages.filter((storage) => storage.content.includes('images'));
  return fit.length > 0 ? fit : storages.slice(0, 1);
}

function buildGuest(
  vmid: number,
  role: GuestRole,
  number: number,
  node: PveNode,
  disks: Storage[],
  seed: number,
  nowMs: number,
): Guest {
  const dice = new Dice(seed);
  const createdMs = nowMs - Math.floor((20 + dice.next() * 500) * DAY_MS);
  const up = dice.chance(role.up);
  const scale = 0.7 + dice.next() * 0.6;
  const bootMs = Math.max(node.bootMs, nowMs - Math.floor((0.2 + dice.next() * 40) * DAY_MS));
  const stoppedMs = nowMs - Math.floor((0.1 + dice.next() * 12) * DAY_MS);
  const profile = { ...role.profile };
  profile.cpuBase *= scale;
  profile.cpuDay *= scale;
  return {
    vmid,
    kind: role.kind,
    name: `${role.name}-${String(number).padStart(2, '0')}`,
    node: node.name,
    status: up ? 'running' : 'stopped',
    paused: false,
    template: false,
    tags: [...role.tags].sort(),
    cores: dice.pick(role.cores),
    memBytes: dice.pick(role.memGiB) * GIB,
    diskBytes: dice.pick(role.diskGiB) * GIB,
    storage: dice.pick(disks).id,
    agent: role.kind === 'qemu' && !role.tags.includes('windows'),
    ignoresPowerButton: role.tags.includes('windows') && dice.chance(0.12),
    profile,
    seed,
    // One earlier run, then a reboot: the charts of a year have a seam.
    runs: up
      ? [{ fromMs: createdMs, toMs: bootMs - 40_000 }, { fromMs: bootMs }]
      : [{ fromMs: createdMs, toMs: stoppedMs }],
    createdMs,
    pending: new Map(),
  };
}

function place(guest: Guest, spec: ClusterSpec, dice: Dice): void {
  let roll = dice.next();
  for (const pool of spec.pools) {
    roll -= pool.share;
    if (roll < 0) {
      guest.pool = pool.id;
      break;
    }
  }
  if (dice.chance(spec.haShare)) {
    guest.haState = guest.status === 'running' ? 'started' : 'stopped';
  }
}

function buildTemplate(
  index: number,
  nodes: PveNode[],
  disks: Storage[],
  seed: number,
  nowMs: number,
): Guest {
  const plan = TEMPLATES[index] as (typeof TEMPLATES)[number];
  const node = nodes[index % nodes.length] as PveNode;
  const disk = disks.find((storage) => storage.shared) ?? (disks[0] as Storage);
  return {
    vmid: FIRST_TEMPLATE_VMID + index,
    kind: plan.kind,
    name: plan.name,
    node: node.name,
    status: 'stopped',
    paused: false,
    template: true,
    tags: ['template'],
    cores: 2,
    memBytes: 2 * GIB,
    diskBytes: plan.diskGiB * GIB,
    storage: disk.id,
    agent: plan.kind === 'qemu',
    ignoresPowerButton: false,
    profile: (GUEST_ROLES[0] as GuestRole).profile,
    seed,
    runs: [],
    createdMs: nowMs - Math.floor((30 + unit(seed, 1) * 200) * DAY_MS),
    pending: new Map(),
  };
}
