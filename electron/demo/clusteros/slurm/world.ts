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
  readonly #nodes: SimNode[];
  readonly #dice: Dice;
  #partitions: readonly string[];
  readonly #everyMs: number;
  #jobs: SimJob[] = [];
  #nextId: number;
  #nowMs: number;
  #nextArrivalMs: number;
  #isServed = true;
  #isClosed = false;
  /** numbers of jobs that were carried away: whoever waits for one never runs here */
  readonly #lifted = new Set<number>();

  constructor(options: SlurmWorldOptions) {
    this.#nodes = options.nodes
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

  get nodes(): readonly SimNode[] {
    return this.#nodes;
  }

  /** Whether its partitions take no submissions and begin nothing. */
  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** Highest number that a job has got so far. */
  get lastJobId(): number {
    return this.#nextId - 1;
  }

  /** Closes all partitions, or opens them again; what runs goes on. */
  close(isClosed: boolean): void {
    this.#isClosed = isClosed;
    this.#schedule();
  }

  /** A node of another cluster, which registers as soon as it is up. */
  enrol(spec: AgentNodeSpec): void {
    if (!spec.roles.includes('slurm-worker')) return;
    if (this.#nodes.some((node) => node.spec.name === spec.name)) return;
    this.#nodes.push({ spec, allocated: 0, drainReason: null, isUp: false, isListed: false });
  }

  /** The partitions that slurm.conf has; those that are new come last. */
  offer(names: readonly string[]): void {
    const known = this.#partitions.filter((name) => names.includes(name));
    this.#partitions = [...known, ...names.filter((name) => !known.includes(name))];
  }

  /** One that waits; null for any other. */
  pending(id: string): SimJob | null {
    const job = this.#jobs.find((one) => String(one.id) === id);
    return job?.startedAt === null && job.endedAt === null ? job : null;
  }

  /** Holds a job that waits, or frees it again. */
  hold(job: SimJob, changes: Pick<SimJob, 'held' | 'heldFor'>): void {
    Object.assign(job, changes);
    this.#schedule();
  }

  /** Whether it waits for another job that has not ended here. */
  waits({ after }: Pick<SimJob, 'after'>): boolean {
    if (after === null) return false;
    if (this.#lifted.has(after)) return true;
    return this.#jobs.some(({ id, endedAt }) => id === after && endedAt === null);
  }

  /** One that waits was carried away: it ends here, and is no carried one any more. */
  lift(job: SimJob): void {
    Object.assign(job, { cancelled: true, key: '' });
    this.#lifted.add(job.id);
    this.#end(job);
    this.#schedule();
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
        state: this.#isClosed ? 'inactive' : 'up',
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
      Object.assign(job, { held: action === 'hold', heldFor: null });
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
    const able = this.#partitions.filter((name) => this.#hasNodes(name));
    if (waiting >= MAX_PENDING || this.#isClosed || able.length === 0) return;
    const partition = this.#dice.pick(able);
    const cores = this.nodes
      .filter(({ spec }) => spec.partitions.includes(partition))
      .map(({ spec }) => spec.cores);
    const place = { partition, maxCpus: Math.ceil(Math.max(...cores) / 2), atMs: this.#nowMs };
    this.#jobs.push(newJob(this.#dice, { id: this.#nextId, ...place }));
    this.#nextId += 1;
  }

  #hasNodes(partition: string): boolean {
    return this.#nodes.some(
      ({ spec, isListed }) => isListed && spec.partitions.includes(partition),
    );
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
      if (this.#isClosed) {
        job.reason = 'PartitionInactive';
      } else if (job.held) {
        job.reason = 'JobHeldUser';
      } else if (this.waits(job)) {
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
