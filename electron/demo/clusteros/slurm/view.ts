import type { Slurm, SlurmFacts, SlurmNode } from '#agent/roles/slurm/types';
import { fail } from '#shared/contract/errors';
import { shown } from './jobs';
import { nodeState, type SlurmWorld } from './world';

/** One cluster's SLURM as every agent of it sees it: by the last look, which {@link look} takes. */
export class SlurmView implements Slurm {
  readonly #world: SlurmWorld;
  readonly #clock: () => number;
  readonly #listeners = new Set<() => void>();
  #primary: string | null = null;
  #facts: SlurmFacts;

  constructor(world: SlurmWorld, clock: () => number) {
    this.#world = world;
    this.#clock = clock;
    this.#facts = this.#looked();
  }

  facts(): SlurmFacts {
    return this.#facts;
  }

  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  async actOnNode(...args: Parameters<Slurm['actOnNode']>): Promise<string> {
    this.#needController();
    const state = this.#world.actOnNode(...args);
    this.look(this.#primary);
    return state;
  }

  async actOnJob(...args: Parameters<Slurm['actOnJob']>): Promise<string> {
    this.#needController();
    const state = this.#world.actOnJob(...args);
    this.look(this.#primary);
    return state;
  }

  /** @param primary the node whose controller answers; null: none, and what was seen grows old */
  look(primary: string | null): void {
    this.#primary = primary;
    this.#world.serve(primary !== null);
    this.#world.advance(this.#clock());
    this.#facts =
      primary === null
        ? { ...this.#facts, primary, controller: NO_CONTROLLER, trouble: NO_CONTROLLER.message }
        : this.#looked();
    for (const listener of this.#listeners) listener();
  }

  #needController(): void {
    this.#world.advance(this.#clock());
    if (this.#primary !== null) return;
    const remedy = 'Wait until a controller is there, then try again.';
    throw fail('UNREACHABLE', { remedy }, NO_CONTROLLER.message);
  }

  #looked(): SlurmFacts {
    const now = this.#clock();
    const jobs = this.#world.jobs().map((job) => shown(job, now));
    const listed = this.#world.nodes.filter(({ isListed }) => isListed);
    const nodes = listed.map((node): SlurmNode => {
      const state = nodeState(node);
      const { name, cores, partitions } = node.spec;
      return {
        name,
        state,
        drain: state === 'drained' || state === 'draining' ? state : 'none',
        reason: node.isUp ? (node.drainReason ?? '') : 'Not responding',
        cpus: cores,
        cpusAllocated: node.allocated,
        partitions: [...partitions],
      };
    });
    const up = listed.filter(({ isUp }) => isUp).length;
    return {
      controller: { status: 'running', message: `${this.#primary ?? '?'} is in control.` },
      worker: {
        status: up > 0 ? 'running' : 'error',
        message: `${up} of ${nodes.length} workers answer.`,
      },
      primary: this.#primary,
      jobs,
      jobCount: jobs.length,
      nodes,
      partitions: this.#world.partitions(),
      asOf: now,
      trouble: null,
    };
  }
}

const NO_CONTROLLER = { status: 'error', message: 'No slurmctld answers.' } as const;
