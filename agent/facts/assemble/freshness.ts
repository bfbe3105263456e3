import type { Snapshot } from '../types';

/** A part of an answer: when it was true, and how long that is good for. Times in ms. */
export interface Part {
  asOf: number | null;
  goodForMs: number;
  /** as `SLURM` in "SLURM was last seen 40 s ago." */
  what: string;
  trouble?: string | null;
}

interface Freshness {
  as_of: number;
  stale: boolean;
  stale_reason?: string;
}

/** An answer is as old as its oldest part. */
export function freshnessOf({ at }: Pick<Snapshot, 'at'>, parts: readonly Part[]): Freshness {
  const oldest = parts.reduce((least, { asOf }) => Math.min(least, asOf ?? 0), at);
  const reasons = parts.flatMap((part) => reasonOf(part, at));
  return {
    as_of: seconds(oldest),
    stale: reasons.length > 0,
    ...(reasons.length > 0 && { stale_reason: reasons.join(' ') }),
  };
}

function reasonOf({ asOf, goodForMs, what, trouble }: Part, at: number): string[] {
  if (asOf === null) return [`${what} has not answered yet.${trouble ? ` ${trouble}` : ''}`];
  if (at - asOf <= goodForMs) return trouble ? [trouble] : [];
  const ageS = Math.round((at - asOf) / 1000);
  return [`${what} was last seen ${ageS} s ago.${trouble ? ` ${trouble}` : ''}`];
}

/** The daemons are asked every few seconds; after some missed turns it is no longer now. */
const GOOD_FOR_MS = 20_000;

export function slurmPart({ slurm }: Snapshot): Part[] {
  if (slurm === null) return [];
  const { asOf, trouble } = slurm;
  return [{ what: 'SLURM', asOf, trouble, goodForMs: GOOD_FOR_MS }];
}

export function kubePart({ kube }: Snapshot): Part[] {
  if (kube === null) return [];
  const { asOf, trouble } = kube;
  return [{ what: 'k3s', asOf, trouble, goodForMs: GOOD_FOR_MS }];
}

/** What other nodes tell comes through the shared state. */
export function statePart({ state, stateAsOf }: Snapshot): Part[] {
  const part = { what: 'The shared state', asOf: stateAsOf, goodForMs: GOOD_FOR_MS };
  if (state === 'read-only') {
    return [{ ...part, trouble: 'The shared state has no quorum: this is the last it held.' }];
  }
  return [part];
}

/** Unix seconds of ms, whole. */
export const seconds = (ms: number): number => Math.floor(ms / 1000);
