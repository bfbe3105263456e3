import type { SlurmJob } from '#shared/contract/agent/dashboard';
import type { Clock } from '../../ports';
import type { SlurmActions } from './actions';
import { type SeenJob, usedText } from './look';
import type { Observer } from './observer';
import type { Slurm, SlurmFacts } from './types';

/** What this node knows of its own daemons; null where it has not the role. */
export interface OwnDaemons {
  worker(): SlurmFacts['worker'] | null;
  /** whether SLURM was set up in this cluster */
  isSetUp(): boolean;
}

/** SLURM as the API and the screens know it: what was last seen, and actions on it. */
export class SlurmView implements Slurm {
  readonly #clock: Clock;
  readonly #observer: Observer;
  readonly #actions: SlurmActions;
  readonly #own: OwnDaemons;

  constructor(clock: Clock, observer: Observer, actions: SlurmActions, own: OwnDaemons) {
    this.#clock = clock;
    this.#observer = observer;
    this.#actions = actions;
    this.#own = own;
  }

  facts(): SlurmFacts {
    const { look, seen } = this.#observer;
    const now = this.#clock.now();
    return {
      controller: this.#controller(),
      worker: this.#own.worker() ?? workersOf(seen?.nodes ?? []),
      primary: look?.primary ?? null,
      jobs: (seen?.jobs ?? []).map((job) => jobNow(job, seen?.at ?? now, now)),
      jobCount: seen?.jobCount ?? 0,
      nodes: seen?.nodes ?? [],
      partitions: seen?.partitions ?? [],
      asOf: look?.asOf ?? null,
      trouble: look?.trouble ?? null,
    };
  }

  onChange(listener: () => void): () => void {
    return this.#observer.onChange(listener);
  }

  actOnNode: Slurm['actOnNode'] = (node, action, reason) =>
    this.#actions.onNode(node, action, reason);

  actOnJob: Slurm['actOnJob'] = (job, action) => this.#actions.onJob(job, action);

  #controller(): SlurmFacts['controller'] {
    if (!this.#own.isSetUp()) {
      return { status: 'stopped', message: 'SLURM is not set up in this cluster.' };
    }
    const { look } = this.#observer;
    if (look === null) return { status: 'unknown', message: 'It was not asked yet.' };
    if (look.primary !== null) {
      const message = look.trouble ?? `${look.primary} is in control.`;
      return { status: look.trouble === null ? 'running' : 'unknown', message };
    }
    return { status: 'error', message: look.trouble ?? 'No SLURM controller answers.' };
  }
}

/** For a node that is no worker: how the workers are as a whole. */
function workersOf(nodes: SlurmFacts['nodes']): SlurmFacts['worker'] {
  const up = nodes.filter(({ state }) => !['down', 'unknown', 'error'].includes(state)).length;
  const message = `${up} of ${nodes.length} workers answer.`;
  return { status: up > 0 ? 'running' : 'stopped', message };
}

/** Time goes on for what runs since it was looked at. */
function jobNow({ usedS, submitTime, ...job }: SeenJob, seenAt: number, now: number): SlurmJob {
  const sinceS = job.state === 'RUNNING' ? Math.max(0, (now - seenAt) / 1000) : 0;
  return { ...job, submit_time: submitTime, time: usedText(usedS + sinceS) };
}
