import { queryLanguage } from './query-language';

/** What the query looks at of one job; a row of the inventory has it. */
export interface QueriedJob {
  job: string;
  name: string;
  state: string;
  user: string;
  partition: string;
  nodes: readonly string[];
  reason: string;
  cpus: number;
  submittedAt: number;
  startedAt: number | null;
}

/** The words by which SLURM's states are sorted into what a person asks for. */
const PHASES: Readonly<Record<string, JobPhase>> = {
  RUNNING: 'running',
  COMPLETING: 'running',
  PENDING: 'waiting',
  CONFIGURING: 'waiting',
  REQUEUED: 'waiting',
  SUSPENDED: 'stopped',
  STOPPED: 'stopped',
};

export type JobPhase = 'running' | 'waiting' | 'stopped' | 'ended';

/** Whether a job runs, waits, is stopped in between or has ended, by SLURM's word for its state. */
export function jobPhase(state: string): JobPhase {
  return PHASES[state] ?? 'ended';
}

/** Whether a waiting job is held back on purpose: its reason is `JobHeldUser` or `JobHeldAdmin`. */
export function isHeld({ reason }: Pick<QueriedJob, 'reason'>): boolean {
  return reason.startsWith('JobHeld');
}

const FLAGS: Record<string, (job: QueriedJob) => boolean> = {
  running: (job) => jobPhase(job.state) === 'running',
  waiting: (job) => jobPhase(job.state) === 'waiting',
  ended: (job) => jobPhase(job.state) === 'ended',
  held: isHeld,
};

/**
 * The query about jobs.
 * @param now ms since 1970, against which ages are measured
 */
export const jobQuery = (now: () => number) =>
  queryLanguage<QueriedJob>({
    words: {
      name: (job) => [job.name],
      state: (job) => [job.state],
      user: (job) => [job.user],
      partition: (job) => [job.partition],
      node: (job) => job.nodes,
      reason: (job) => [job.reason],
    },
    numbers: {
      job: { scale: 'plain', value: (job) => Number.parseInt(job.job, 10) },
      cpus: { scale: 'plain', value: (job) => job.cpus },
      elapsed: {
        scale: 'seconds',
        value: (job) => (job.startedAt === null ? null : (now() - job.startedAt) / 1000),
      },
      age: { scale: 'seconds', value: (job) => (now() - job.submittedAt) / 1000 },
    },
    flags: FLAGS,
    byPart: ['name', 'reason'],
    searched: (job) => [job.job, job.name, job.user, job.partition, ...job.nodes],
    help: [
      { field: 'is', example: 'is:waiting', meaning: `one of ${Object.keys(FLAGS).join(', ')}` },
      { field: 'user', example: 'user:ada,bo', meaning: 'of one of these people' },
      {
        field: 'name',
        example: 'name:train*',
        meaning: 'the name contains it; * and ? stand for anything',
      },
      { field: 'state', example: 'state:pending', meaning: 'in this state, by SLURM’s own word' },
      { field: 'partition', example: 'partition:gpu', meaning: 'in this partition' },
      { field: 'node', example: 'node:a1', meaning: 'runs on this node' },
      { field: 'reason', example: 'reason:resources', meaning: 'waits for this' },
      { field: 'job', example: 'job:1000-1100', meaning: 'with a number in this range' },
      { field: 'cpus', example: 'cpus:>=16', meaning: 'cores it asked for' },
      { field: 'elapsed', example: 'elapsed:>2h', meaning: 'running for longer than this' },
      { field: 'age', example: 'age:>1d', meaning: 'submitted longer ago than this' },
      {
        field: 'user',
        example: '-user:root',
        meaning: 'a minus before a condition turns it round',
      },
    ],
  });
