import type { PveNode, Storage } from '../model/types';
import { unit } from '../random';
import { noise } from './waves';

// Growth is counted from a fixed day, so that a lab looks the same whenever
// it is opened with the same clock.
const EPOCH_SECONDS = 1_767_225_600;
const CYCLE_DAYS = 60;

/** Bytes in use on a storage as a node sees it at a moment; pruned every two months. */
export function storageUsed(storage: Storage, node: PveNode, ms: number): number {
  const seconds = ms / 1000;
  const days = (seconds - EPOCH_SECONDS) / 86_400;
  const sinceClean = ((days % CYCLE_DAYS) + CYCLE_DAYS) % CYCLE_DAYS;
  const ripple = 0.006 * noise(storage.seed, seconds, 7200);
  // A local storage is another disk on every node.
  const own = storage.shared ? 0 : (unit(storage.seed, node.seed) - 0.5) * 0.24;
  const fraction = storage.usedFraction + own + storage.growthPerDay * sinceClean + ripple;
  return Math.floor(storage.totalBytes * Math.min(0.985, fraction));
}
