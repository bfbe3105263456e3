import { gunzipSync, gzipSync } from 'node:zlib';
import { z } from 'zod';
import type { Look, SeenJob } from './look';

/** How one node tells the others what it saw: `slurm/look` at each look, `slurm/seen` when it changed. */
export const LOOK_KEY = 'slurm/look';
export const SEEN_KEY = 'slurm/seen';

export const toldLook = z.object({
  /** node id */
  observer: z.string(),
  /** ms since 1970 of the last complete look, by the observer's clock; null: never */
  asOf: z.number().nullable(),
  /** ms since 1970 of this one */
  triedAt: z.number(),
  trouble: z.string().nullable(),
  primary: z.string().nullable(),
});
export type ToldLook = z.infer<typeof toldLook>;

const node = z.object({
  name: z.string(),
  state: z.string(),
  drain: z.enum(['none', 'draining', 'drained']),
  reason: z.string(),
  cpus: z.number(),
  cpusAllocated: z.number(),
  partitions: z.array(z.string()),
});
const partition = z.object({
  name: z.string(),
  state: z.string(),
  default: z.boolean(),
  nodes: z.number(),
  cpus: z.number(),
  cpus_allocated: z.number(),
});
const job = z.object({
  id: z.string(),
  name: z.string(),
  state: z.string(),
  user: z.string(),
  partition: z.string(),
  nodes: z.array(z.string()),
  reason: z.string(),
  submitTime: z.number(),
  cpus: z.number(),
  usedS: z.number(),
});

export const toldSeen = z.object({
  /** ms since 1970 */
  at: z.number(),
  nodes: z.array(node),
  partitions: z.array(partition),
  jobCount: z.number(),
  /** JSON of the jobs, compressed, in base64: 10,000 of them are some 200 KB then */
  jobs: z.string(),
});
export type ToldSeen = z.infer<typeof toldSeen>;

export interface Seen extends Look {
  /** ms since 1970 */
  at: number;
  jobCount: number;
}

/** etcd takes 1.5 MB at once */
const MAX_PACKED = 900_000;
const MAX_UNPACKED = 32 * 1024 * 1024;
export const MAX_JOBS = 10_000;

/** As many jobs as fit; `jobCount` tells of all. */
export function packSeen({ at, jobs, jobCount, nodes, partitions }: Seen): ToldSeen {
  for (let most = Math.min(jobs.length, MAX_JOBS); ; most = Math.floor(most / 2)) {
    const packed = gzipSync(JSON.stringify(jobs.slice(0, most))).toString('base64');
    if (packed.length <= MAX_PACKED || most === 0) {
      return { at, nodes, partitions, jobCount, jobs: packed };
    }
  }
}

/** @throws where another node wrote something else */
export function unpackSeen({ at, jobs, jobCount, nodes, partitions }: ToldSeen): Seen {
  const text = gunzipSync(Buffer.from(jobs, 'base64'), { maxOutputLength: MAX_UNPACKED });
  const parsed: SeenJob[] = z.array(job).parse(JSON.parse(text.toString('utf8')));
  return { at, nodes, partitions, jobCount, jobs: parsed };
}

/**
 * Whether two looks tell the same: the time used by a running job grows by itself, and what SLURM
 * says of it is a second early or late.
 */
export function isSame(before: Seen, now: Seen): boolean {
  if (before.jobCount !== now.jobCount || before.jobs.length !== now.jobs.length) return false;
  const elapsedS = (now.at - before.at) / 1000;
  const known = new Map(before.jobs.map((one) => [one.id, one]));
  const areJobsSame = now.jobs.every((one) => {
    const old = known.get(one.id);
    return old !== undefined && sameJob(old, one, elapsedS);
  });
  return areJobsSame && rest(before) === rest(now);
}

const rest = ({ nodes, partitions }: Seen) => JSON.stringify([nodes, partitions]);

function sameJob(old: SeenJob, now: SeenJob, elapsedS: number): boolean {
  const grown = now.state === 'RUNNING' ? old.usedS + elapsedS : old.usedS;
  const { usedS: _old, ...before } = old;
  const { usedS, ...after } = now;
  return Math.abs(usedS - grown) <= 3 && JSON.stringify(before) === JSON.stringify(after);
}
