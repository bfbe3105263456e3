import type { Guest, Span } from '../model/types';
import { counterBetween, dayCurve, noise, rateAt } from './waves';

/** A guest's load at one moment. Sizes in bytes, rates in bytes per second. */
export interface GuestSample {
  /** Fraction of the guest's cores, 0..1. */
  cpu: number;
  mem: number;
  /** Bytes used of the root disk; 0 for virtual machines, as the API has it. */
  disk: number;
  netin: number;
  netout: number;
  diskread: number;
  diskwrite: number;
}

const STILL: GuestSample = {
  cpu: 0,
  mem: 0,
  disk: 0,
  netin: 0,
  netout: 0,
  diskread: 0,
  diskwrite: 0,
};

/** The run a moment falls in, if the guest was up then. */
export function runAt(spans: readonly Span[], ms: number): Span | undefined {
  for (let i = spans.length - 1; i >= 0; i -= 1) {
    const span = spans[i];
    if (span !== undefined && span.fromMs <= ms) {
      return span.toMs === undefined || ms < span.toMs ? span : undefined;
    }
  }
  return undefined;
}

/** CPU fraction of a guest that is up. */
export function guestCpu(guest: Guest, ms: number): number {
  const { cpuBase, cpuDay, burst } = guest.profile;
  const seconds = ms / 1000;
  const slow = noise(guest.seed, seconds, 1700);
  const quick = noise(guest.seed + 1, seconds, 40);
  const spike = Math.max(0, noise(guest.seed + 2, seconds, 600) - 0.72) * 2.5 * burst;
  const level = cpuBase + cpuDay * dayCurve(seconds) * (0.5 + slow) + spike;
  return Math.min(0.995, level * (0.75 + 0.5 * quick));
}

/** Memory in use by a guest that is up, in bytes. */
export function guestMem(guest: Guest, ms: number): number {
  const drift = noise(guest.seed + 3, ms / 1000, 5400) - 0.5;
  return Math.floor(guest.memBytes * Math.min(0.97, guest.profile.memFraction + drift * 0.12));
}

/** Bytes used on a container's root disk. */
function containerDisk(guest: Guest, ms: number): number {
  const fill = 0.25 + 0.5 * noise(guest.seed + 4, 1, 1);
  return Math.floor(guest.diskBytes * (fill + 0.02 * noise(guest.seed + 5, ms / 1000, 90_000)));
}

/** Load with rates, as the round-robin tables store it. */
export function guestSample(guest: Guest, ms: number): GuestSample {
  if (runAt(guest.runs, ms) === undefined) return STILL;
  const seconds = ms / 1000;
  const { profile, seed } = guest;
  return {
    cpu: guest.paused ? 0 : guestCpu(guest, ms),
    mem: guestMem(guest, ms),
    disk: guest.kind === 'lxc' ? containerDisk(guest, ms) : 0,
    netin: rateAt(seed + 11, seconds, profile.netInRate),
    netout: rateAt(seed + 12, seconds, profile.netOutRate),
    diskread: rateAt(seed + 13, seconds, profile.diskReadRate),
    diskwrite: rateAt(seed + 14, seconds, profile.diskWriteRate),
  };
}

/** Load with counters since the last boot, as the inventory shows it. */
export function guestCounters(guest: Guest, ms: number): GuestSample {
  const run = runAt(guest.runs, ms);
  if (run === undefined) return STILL;
  const from = run.fromMs / 1000;
  const to = ms / 1000;
  const { profile, seed } = guest;
  return {
    cpu: guest.paused ? 0 : guestCpu(guest, ms),
    mem: guestMem(guest, ms),
    disk: guest.kind === 'lxc' ? containerDisk(guest, ms) : 0,
    netin: Math.floor(counterBetween(seed + 11, from, to, profile.netInRate)),
    netout: Math.floor(counterBetween(seed + 12, from, to, profile.netOutRate)),
    diskread: Math.floor(counterBetween(seed + 13, from, to, profile.diskReadRate)),
    diskwrite: Math.floor(counterBetween(seed + 14, from, to, profile.diskWriteRate)),
  };
}

/** Seconds since the guest's last boot; 0 when it is down. */
export function guestUptime(guest: Guest, ms: number): number {
  const run = guest.status === 'running' ? runAt(guest.runs, ms) : undefined;
  return run === undefined ? 0 : Math.max(0, Math.floor((ms - run.fromMs) / 1000));
}
