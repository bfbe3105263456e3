import type { SeenJob } from '#agent/roles/slurm/look';
import type { SlurmJob } from '#shared/contract/agent/dashboard';
import type { Dice } from '../../pve/random';

/** A job of the simulated SLURM, from its submission to some seconds after its end. Times in ms. */
export interface SimJob {
  id: number;
  name: string;
  user: string;
  partition: string;
  cpus: number;
  submittedAt: number;
  runsForMs: number;
  startedAt: number | null;
  /** when it ended, by itself or by somebody */
  endedAt: number | null;
  cancelled: boolean;
  held: boolean;
  /** id of the job whose end it waits for */
  after: number | null;
  node: string | null;
  reason: string;
  /** names it wherever it was carried; '' for one that was submitted here */
  key: string;
  /** operation that holds it, and how it was before */
  heldFor: { operation: string; wasHeld: boolean } | null;
}

/** What people of a lab compute, with how many cores and for how many minutes. */
const KINDS: readonly { name: string; cpus: [number, number]; minutes: [number, number] }[] = [
  { name: 'gromacs-lysozyme', cpus: [8, 16], minutes: [25, 90] },
  { name: 'openfoam-duct', cpus: [8, 24], minutes: [15, 60] },
  { name: 'train-resnet50', cpus: [8, 12], minutes: [30, 120] },
  { name: 'blast-nr', cpus: [4, 8], minutes: [5, 25] },
  { name: 'render-scene4', cpus: [4, 16], minutes: [4, 18] },
  { name: 'exam-grading', cpus: [1, 2], minutes: [2, 6] },
  { name: 'fold-batch', cpus: [6, 12], minutes: [20, 70] },
  { name: 'qchem-opt', cpus: [4, 12], minutes: [10, 45] },
  { name: 'snakemake-rna', cpus: [2, 8], minutes: [6, 30] },
  { name: 'param-sweep', cpus: [1, 4], minutes: [3, 15] },
];
const USERS = ['ada', 'bruno', 'chen', 'dana', 'emil', 'farah'];

/** Number of a user; the same on all machines of the lab. */
export const uidOf = (user: string): number => 2000 + USERS.indexOf(user);

/** A job of which everything is said, as by somebody's script. */
export type JobWish = Pick<SimJob, 'name' | 'user' | 'partition' | 'cpus'> & {
  minutes: number;
  held?: boolean;
  after?: number | null;
  key?: string;
};

export function jobOf(wish: JobWish, id: number, atMs: number): SimJob {
  const { minutes, held = false, after = null, key = '', ...rest } = wish;
  return {
    ...rest,
    id,
    held,
    after,
    key,
    heldFor: null,
    submittedAt: atMs,
    runsForMs: minutes * 60_000,
    startedAt: null,
    endedAt: null,
    cancelled: false,
    node: null,
    reason: 'None',
  };
}

/** What somebody of the lab might submit next. */
export function newJob(
  dice: Dice,
  place: { id: number; partition: string; maxCpus: number; atMs: number },
): SimJob {
  const kind = dice.pick(KINDS);
  const cpus = Math.min(place.maxCpus, dice.int(...kind.cpus));
  const user = dice.pick(USERS);
  const minutes = dice.int(kind.minutes[0] * 60, kind.minutes[1] * 60) / 60;
  const wish = { name: kind.name, user, partition: place.partition, cpus, minutes };
  return jobOf(wish, place.id, place.atMs);
}

/** As squeue shows it. */
export function shown(job: SimJob, nowMs: number): SlurmJob {
  const runs = job.startedAt !== null;
  return {
    id: String(job.id),
    name: job.name,
    state: stateOf(job),
    user: job.user,
    time: elapsed(usedMs(job, nowMs)),
    partition: job.partition,
    nodes: job.node === null ? [] : [job.node],
    reason: runs ? '' : job.reason,
    submit_time: Math.floor(job.submittedAt / 1000),
    cpus: job.cpus,
  };
}

/** As agents tell it each other. */
export function told(job: SimJob, nowMs: number): SeenJob {
  const { id, name, state, user, partition, nodes, reason, cpus } = shown(job, nowMs);
  const seen = { id, name, state, user, partition, nodes, reason, cpus };
  const submitTime = Math.floor(job.submittedAt / 1000);
  return { ...seen, submitTime, usedS: Math.floor(usedMs(job, nowMs) / 1000) };
}

const usedMs = ({ startedAt, endedAt }: SimJob, nowMs: number): number =>
  startedAt === null ? 0 : (endedAt ?? nowMs) - startedAt;

function stateOf(job: SimJob): string {
  if (job.cancelled) return 'CANCELLED';
  if (job.endedAt !== null) return 'COMPLETING';
  return job.startedAt === null ? 'PENDING' : 'RUNNING';
}

/** `1-02:03:04`, `2:03:04` or `3:04`, as squeue prints it. */
function elapsed(ms: number): string {
  const total = Math.max(0, Math.floor(ms / 1000));
  const two = (value: number) => String(value).padStart(2, '0');
  const [days, hours] = [Math.floor(total / 86_400), Math.floor(total / 3600) % 24];
  const rest = `${two(Math.floor(total / 60) % 60)}:${two(total % 60)}`;
  if (days > 0) return `${days}-${two(hours)}:${rest}`;
  return hours > 0 ? `${hours}:${rest}` : rest.replace(/^0/, '');
}
