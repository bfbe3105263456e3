import type { SlurmPartition } from '#agent/roles/slurm/types';
import type { JobAction, NodeAction } from '#shared/contract/agent/actions';
import { fail } from '#shared/contract/errors';
import { dayCurve } from '../../pve/load/waves';
import { Dice } from '../../pve/random';
import type { AgentNodeSpec } from '../specs';
import { type JobWish, jobOf, newJob, type SimJob } from './jobs';

/** A node as the simulated SLURM sees it. */
export interface SimNode {
  spec: AgentNodeSpec;
  allocated: number;
  /** why nothing starts on it; null: it takes jobs */
  drainReason: string | null;
  isUp: boolean;
  /** false for one that left and was taken off the list */
  isListed: boolean;
}

/** Ended jobs are seen a little longer, as by squeue. */
const SEEN_AFTER_END_MS = 8_000;
/** A queue that nobody could ever work off is no lab. */
const MAX_PENDING = 12;
/** Whoever waited that long is waited for: nothing of its partition goes before any more. */
const PATIENCE_MS = 20 * 60_000;

export interface SlurmWorldOptions {
  nodes: readonly AgentNodeSpec[];
  seed: number;
  firstJobId: number;
  jobEveryS: number;
  /** where the story begins, ms since 1970 */
  startMs: number;
}

/** A queue, its nodes and the people who submit; told by time alone, alike for the same seed. */
export class SlurmWorld {
  readonly nodes: readonly SimNode[];
  readonly #dice: Dice;
  readonly #partitions: readonly string[];
  readonly #everyMs: number;
  #jobs: SimJob[] = [];
  #nextId: number;
  #nowMs: number;
  #nextArrivalMs: number;
  #isServed = true;

  constructor(options: SlurmWorldOptions) {
    this.nodes = options.nodes
      .filter(({ roles }) => roles.includes('slurm-worker'))
      .map((spec) => ({
        spec,
        allocated: 0,
        drainReason: spec.drained ?? null,
        isUp: true,
        isListed: true,
      }));
    this.#partitions = [...new Set(this.nodes.flatMap(({ spec }) => spec.partitions))];
    this.#dice = new Dice(options.seed);
    this.#everyMs = options.jobEveryS * 1000;
    this.#nextId = options.firstJobId;
    this.#nowMs = options.startMs;
    this.#nextArrivalMs = options.startMs;
  }

  /**
   * Whether a controller is there. Without one jobs run on, but nobody hears of their ends; nothing
   * starts, and whoever submits waits.
   */
  serve(isServed: boolean): void {
    this.#isServed = isServed;
  }

  /** Everything that happens until then; the past is not told again. */
  advance(toMs: number): void {
    while (this.#isServed) {
      const ends = this.#jobs
        .filter(({ startedAt, endedAt }) => startedAt !== null && endedAt === null)
        .map((job) => (job.startedAt ?? 0) + job.runsForMs);
      const nextMs = Math.min(this.#nextArrivalMs, ...ends);
      if (nextMs > toMs) break;
      this.#nowMs = Math.max(this.#nowMs, nextMs);
      if (nextMs === this.#nextArrivalMs) this.#arrive();
      this.#endDue();
      this.#schedule();
    }
    this.#nowMs = Math.max(this.#nowMs, toMs);
    this.#jobs = this.#jobs.filter(
      ({ endedAt }) => endedAt === null || this.#nowMs - endedAt < SEEN_AFTER_END_MS,
    );
  }

  jobs(): readonly SimJob[] {
    return this.#jobs;
  }

  partitions(): SlurmPartition[] {
    return this.#partitions.map((name, index) => {
      const nodes = this.nodes.filter(
        ({ spec, isListed }) => isListed && spec.partitions.includes(name),
      );
      return {
        name,
        state: 'up',
        default: index === 0,
        nodes: nodes.length,
        cpus: nodes.reduce((sum, { spec }) => sum + spec.cores, 0),
        cpus_allocated: nodes.reduce((sum, { allocated }) => sum + allocated, 0),
      };
    });
  }

  /** Whether accounting has a job as ended; its id may be of any time. */
  hasEnded(id: number): boolean {
    const job = this.#jobs.find((one) => one.id === id);
    return id < this.#nextId && (job === undefined || job.endedAt !== null);
  }

  /** @returns its id */
  submit(wish: JobWish): number {
    const id = this.#nextId;
    this.#nextId += 1;
    this.#jobs.push(jobOf(wish, id, this.#nowMs));
    this.#schedule();
    return id;
  }

  /** @returns the state that SLURM then tells. @throws Failure NOT_FOUND */
  actOnNode(name: string, action: NodeAction, reason: string): string {
    const node = this.nodes.find(({ spec }) => spec.name === name);
    if (node === undefined) {
      throw fail('NOT_FOUND', { remedy: 'Look at the list of nodes.', node: name });
    }
    node.drainReason = action === 'drain' ? reason : null;
    this.#schedule();
    return nodeState(node);
  }

  /** @throws Failure NOT_FOUND, PARAMETER_REFUSED where its state does not allow it */
  actOnJob(id: string, action: JobAction): string {
    const job = this.#jobs.find((one) => String(one.id) === id && one.endedAt === null);
    if (job === undefined) {
      throw fail('NOT_FOUND', { remedy: 'It may have ended: look at the list of jobs.' });
    }
    if (action === 'cancel') {
      job.cancelled = true;
      this.#end(job);
    } else if (job.startedAt !== null) {
      const remedy = 'Only a job that waits can be held or released.';
      throw fail('PARAMETER_REFUSED', { remedy }, 'The job is no longer pending.');
    } else {
      job.held = action === 'hold';
    }
    this.#schedule();
    return action === 'cancel' ? 'CANCELLED' : job.startedAt === null ? 'PENDING' : 'RUNNING';
  }

  /** One that is down is taken off SLURM's list; it registers anew when it comes back. */
  forget(name: string): void {
    const node = this.nodes.find(({ spec }) => spec.name === name);
    if (node !== undefined) Object.assign(node, { isListed: node.isUp, drainReason: null });
  }

  /** What runs on a node has done its work by now. */
  finish(name: string): void {
    for (const job of this.#jobs) {
      if (job.node !== name || job.startedAt === null || job.endedAt !== null) continue;
      job.runsForMs = Math.min(job.runsForMs, this.#nowMs - job.startedAt);
    }
  }

  /** Its jobs are queued again when it goes, as SLURM does. */
  setUp(name: string, isUp: boolean): void {
    const node = this.nodes.find(({ spec }) => spec.name === name);
    if (node === undefined || node.isUp === isUp) return;
    node.isUp = isUp;
    node.isListed ||= isUp;
    for (const job of this.#jobs) {
      if (isUp || job.node !== name || job.endedAt !== null) continue;
      Object.assign(job, { startedAt: null, node: null });
      node.allocated -= job.cpus;
    }
    this.#schedule();
  }

  #arrive(): void {
    const busy = 0.5 + dayCurve(this.#nowMs / 1000);
    this.#nextArrivalMs = this.#nowMs + (this.#everyMs * (0.3 + 1.4 * this.#dice.next())) / busy;
    const waiting = this.#jobs.filter(({ startedAt, endedAt }) => !startedAt && !endedAt).length;
    if (waiting >= MAX_PENDING) return;
    const partition = this.#dice.pick(this.#partitions);
    const cores = this.nodes
      .filter(({ spec }) => spec.partitions.includes(partition))
      .map(({ spec }) => spec.cores);
    const place = { partition, maxCpus: Math.ceil(Math.max(...cores) / 2), atMs: this.#nowMs };
    this.#jobs.push(newJob(this.#dice, { id: this.#nextId, ...place }));
    this.#nextId += 1;
  }

  #endDue(): void {
    for (const job of this.#jobs) {
      const { startedAt, endedAt, runsForMs } = job;
      const isDue = startedAt !== null && endedAt === null && startedAt + runsForMs <= this.#nowMs;
      if (isDue) this.#end(job);
    }
  }

  #end(job: SimJob): void {
    job.endedAt = this.#nowMs;
    const node = this.nodes.find(({ spec }) => spec.name === job.node);
    if (node !== undefined) node.allocated -= job.cpus;
  }

  /** In the order of arrival; what fits beside may go before, as with backfill. */
  #schedule(): void {
    const blocked = new Set<string>();
    const reserved = new Set<string>();
    for (const job of this.#jobs) {
      if (job.startedAt !== null || job.endedAt !== null) continue;
      const able = this.nodes.filter(
        (node) => node.isUp && node.drainReason === null && fits(node, job),
      );
      const free = able.find(({ spec, allocated }) => spec.cores - allocated >= job.cpus);
      if (job.held) {
        job.reason = 'JobHeldUser';
      } else if (this.#jobs.some(({ id, endedAt }) => id === job.after && endedAt === null)) {
        job.reason = 'Dependency';
      } else if (able.length === 0) {
        job.reason = 'ReqNodeNotAvail';
      } else if (free === undefined || reserved.has(job.partition)) {
        job.reason = blocked.has(job.partition) ? 'Priority' : 'Resources';
        blocked.add(job.partition);
        if (this.#nowMs - job.submittedAt > PATIENCE_MS) reserved.add(job.partition);
      } else {
        job.startedAt = this.#nowMs;
        job.node = free.spec.name;
        free.allocated += job.cpus;
      }
    }
  }
}

const fits = ({ spec }: SimNode, job: SimJob) =>
  spec.partitions.includes(job.partition) && spec.cores >= job.cpus;

/** SLURM's own word in small letters. */
export function nodeState({ isUp, drainReason, allocated, spec }: SimNode): string {
  if (!isUp) return 'down';
  if (drainReason !== null) return allocated > 0 ? 'draining' : 'drained';
  if (allocated === 0) return 'idle';
  return allocated < spec.cores ? 'mixed' : 'allocated';
}
