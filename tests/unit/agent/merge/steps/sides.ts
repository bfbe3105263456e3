import type { JobParcel } from '#agent/operations/merge/carry-hands';
import { fail } from '#shared/contract/errors';

/** One job as its cluster knows it; `origin` is the same wherever it is carried. */
export interface StagedJob {
  id: string;
  origin: string;
  state: 'PENDING' | 'RUNNING';
  held: 'free' | 'user' | 'merge';
  /** how it was before a merge held it; null where none did */
  was: 'free' | 'user' | null;
  node: string;
  key: string;
  dependency: string;
  /** what only nodes with this feature can run */
  needs: string;
  stays: string;
}

/** One of two clusters: what SLURM and the shared state of it know. */
export class StagedSide {
  readonly uuid: string;
  readonly name: string;
  readonly members = new Set<string>();
  readonly jobs = new Map<string, StagedJob>();
  /** nodes that SLURM drains */
  readonly drained = new Set<string>();
  readonly tokens: { id: string; origin?: string }[] = [];
  lock: { operation: string; allows: string[] } | null = null;
  /** by operation, as its hand remembers it; null: it takes jobs */
  drainedFor: string | null = null;
  isClosed = false;
  /** starts jobs as soon as it can */
  starts = false;
  #next: number;

  constructor(uuid: string, name: string, firstJob: number) {
    this.uuid = uuid;
    this.name = name;
    this.#next = firstJob;
  }

  submit(job: Partial<StagedJob> & { origin: string }): StagedJob {
    if (this.isClosed) throw refused(`${this.name} takes no jobs.`);
    const id = String(this.#next++);
    const made: StagedJob = {
      id,
      state: 'PENDING',
      held: 'free',
      was: null,
      node: '',
      key: '',
      dependency: '',
      needs: '',
      stays: '',
      ...job,
    };
    this.jobs.set(id, made);
    return made;
  }

  pending = (): StagedJob[] => [...this.jobs.values()].filter(({ state }) => state === 'PENDING');
  running = (): StagedJob[] => [...this.jobs.values()].filter(({ state }) => state === 'RUNNING');

  /** Who waited for this job waits no more, as SLURM sees to when a job ends. */
  fulfil(id: string, word: string): void {
    for (const job of this.jobs.values()) {
      if (job.dependency.startsWith(word) && job.dependency.includes(`:${id}`)) job.dependency = '';
    }
  }

  parcelOf({ id, origin, dependency, was }: StagedJob): JobParcel {
    return {
      key: `${this.uuid}/${id}`,
      id,
      user: 'ada',
      uid: 2000,
      gid: 2000,
      script: origin,
      environment: [],
      options: [],
      args: [],
      workDir: '/home/ada',
      dependency,
      wasHeld: was === 'user',
    };
  }
}

export const refused = (why: string) => fail('TASK_FAILED', { remedy: 'Mend it.' }, why);

/** Of a node by its name. */
export const idOf = (name: string) =>
  `0b9d4e0e-6f0e-4c8e-9a36-0c1f1f0a${name.replace('b', '0b').replace('a', '0a').padEnd(4, '0')}`;
