import { createHash } from 'node:crypto';

/**
 * SLURM's name of a cluster: unique also where two clusters are called alike, for accounting and
 * merging tell them apart by it. Small letters, digits and `_`, as SLURM wants it.
 */
export function clusterNameOf(name: string, uuid: string): string {
  const plain = name
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '_')
    .replace(/^_+|_+$/g, '')
    .slice(0, 30);
  return `${plain === '' ? 'cluster' : plain}_${uuid.replaceAll('-', '').slice(0, 8)}`;
}

const RANGE = 100_000;
/** below SLURM's highest id of 67,043,328 */
const RANGES = 600;

/** Where job ids begin, so that those of two clusters rarely meet should they be merged. */
export function firstJobIdOf(uuid: string): number {
  const number = createHash('sha256').update(uuid).digest().readUInt32BE(0);
  return (1 + (number % RANGES)) * RANGE + 1;
}
