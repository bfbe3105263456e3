import type { Guest, PveNode } from '../model/types';
import { guestCpu, guestMem, runAt } from './guest-load';
import { counterBetween, dayCurve, noise, rateAt } from './waves';

/** A node's load at one moment. Sizes in bytes, rates in bytes per second. */
export interface NodeSample {
  cpu: number;
  iowait: number;
  loadavg: number;
  memUsed: number;
  rootUsed: number;
  swapUsed: number;
  netin: number;
  netout: number;
}

export const SWAP_BYTES = 8 * 1024 ** 3;
const NODE_NET_RATE = 1_600_000;

/** True when the node was there at that moment. */
export function nodeWasUp(node: PveNode, ms: number): boolean {
  return node.seen && runAt(node.outages, ms) === undefined;
}

/** What a node carries: its guests' work and a little of its own. */
export function nodeSample(node: PveNode, guests: readonly Guest[], ms: number): NodeSample {
  const seconds = ms / 1000;
  let busyCores = 0;
  let guestBytes = 0;
  for (const guest of guests) {
    if (runAt(guest.runs, ms) === undefined) continue;
    busyCores += guestCpu(guest, ms) * guest.cores;
    guestBytes += guestMem(guest, ms);
  }
  const own = 0.012 + 0.03 * noise(node.seed, seconds, 90);
  const cpu = Math.min(0.985, busyCores / node.cores + own);
  const iowait = 0.004 * noise(node.seed + 1, seconds, 300) + 0.02 * cpu * dayCurve(seconds);
  // Guests never fill a node to the brim: the kernel shares and swaps.
  const memUsed = Math.min(0.94 * node.memBytes, 0.05 * node.memBytes + guestBytes * 0.92);
  return {
    cpu,
    iowait,
    loadavg: cpu * node.cores * (0.9 + 0.4 * noise(node.seed + 2, seconds, 240)),
    memUsed: Math.floor(memUsed),
    rootUsed: Math.floor(node.rootBytes * rootFill(node, seconds)),
    swapUsed: Math.floor(SWAP_BYTES * 0.03 * noise(node.seed + 3, seconds, 20_000)),
    netin: rateAt(node.seed + 4, seconds, NODE_NET_RATE),
    netout: rateAt(node.seed + 5, seconds, NODE_NET_RATE * 0.8),
  };
}

/** Bytes a node has received and sent since it booted. */
export function nodeCounters(node: PveNode, ms: number): { netin: number; netout: number } {
  const from = node.bootMs / 1000;
  const to = ms / 1000;
  return {
    netin: Math.floor(counterBetween(node.seed + 4, from, to, NODE_NET_RATE)),
    netout: Math.floor(counterBetween(node.seed + 5, from, to, NODE_NET_RATE * 0.8)),
  };
}

function rootFill(node: PveNode, seconds: number): number {
  const base = 0.14 + 0.25 * noise(node.seed + 6, 1, 1);
  // Logs grow over a week until they are rotated away.
  const week = seconds / 604_800;
  return base + 0.03 * (week - Math.floor(week));
}
