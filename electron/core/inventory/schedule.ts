/** How the host wants clusters to be watched at the moment. */
export interface Pace {
  /** the machine sleeps: nothing is polled */
  asleep: boolean;
  /** ms between polls: short while a window shows the clusters, long while none does */
  intervalMs: number;
}

/** A cluster's own place 0..1 within the interval, so that many clusters spread over it (FNV-1a). */
export function placeOf(uuid: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < uuid.length; index += 1) {
    hash = Math.imul(hash ^ uuid.charCodeAt(index), 0x01000193);
  }
  return (hash >>> 0) / 2 ** 32;
}

/**
 * When the next poll is due after one that ended at `endedAt`: at the cluster's place in the
 * interval, and at least half an interval later, so that a slow server gets its rest.
 */
export function nextPoll(endedAt: number, intervalMs: number, place: number): number {
  const offset = Math.floor(place * intervalMs);
  const earliest = endedAt + intervalMs / 2;
  return Math.ceil((earliest - offset) / intervalMs) * intervalMs + offset;
}
