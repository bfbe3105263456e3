import { Failure } from '#shared/contract/errors';
import type { Commands, Logger } from '../../ports';
import { type CalmDeps, calmSince, isFromBefore } from './aftercare';
import type { SlurmConfig } from './config';
import { listing } from './listing';
import type { SeenJob } from './look';

const ASK_MS = 5_000;
const EVERY_MS = 10_000;
const AGAIN_MS = 60_000;
const MOST_MS = 30 * 60_000;

interface Deps extends CalmDeps {
  commands: Commands;
  logger: Logger;
  /** as `4711.batch`, by the process table of this node */
  steps(): Promise<string[]>;
  /** Has slurmd tell the controller what runs here. */
  register(): Promise<void>;
}

/**
 * Jobs from before the controller moved that SLURM believes to run here, and that have no process.
 * Their start was on its way to this node when the old controller ended, or their end was told to
 * nobody; the new controller learns of neither. SLURM itself settles such a job (it runs it again or
 * ends it) when this node registers, which it asks for about every seven SlurmdTimeouts; until then the
 * place of the old controller goes on relaying for it. So this node registers: nothing is cancelled, nothing killed.
 */
export class LostJobs {
  readonly #deps: Deps;
  #askedAt = Number.NEGATIVE_INFINITY;
  #toldAt: number | null = null;
  #pauseMs = AGAIN_MS;

  constructor(deps: Deps) {
    this.#deps = deps;
  }

  /**
   * Looks, and registers where one is lost; ever more seldom where that changes nothing, as for an
   * allocation in which nothing runs yet.
   * @param seen what was last seen of SLURM's jobs
   * @param node this node's name in SLURM
   */
  async settle(config: SlurmConfig, node: string, seen: readonly SeenJob[]): Promise<void> {
    const { clock, logger, register } = this.#deps;
    const now = clock.monotonic();
    if (config.relays.length === 0 || now - this.#askedAt < EVERY_MS) return;
    if (!seen.some(({ state, nodes }) => state === 'RUNNING' && nodes.includes(node))) return;
    this.#askedAt = now;
    let lost: string[];
    try {
      lost = await this.#lost(config, node);
    } catch (error) {
      // SLURM or the state did not answer: it is looked at again
      if (error instanceof Failure) return;
      throw error;
    }
    if (lost.length === 0) {
      this.#toldAt = null;
      this.#pauseMs = AGAIN_MS;
      return;
    }
    if (this.#toldAt !== null && now - this.#toldAt < this.#pauseMs) return;
    if (this.#toldAt !== null) this.#pauseMs = Math.min(MOST_MS, this.#pauseMs * 2);
    this.#toldAt = now;
    logger.warn({ jobs: lost }, 'SLURM lists jobs here that no process runs; this node registers');
    await register();
  }

  async #lost(config: SlurmConfig, node: string): Promise<string[]> {
    const { commands, steps } = this.#deps;
    const times = await Promise.all(
      config.relays.map((relay) => calmSince(this.#deps, config, relay)),
    );
    const calm = times.filter((since) => since !== null);
    if (calm.length === 0) return [];
    // before the list: a step ends only after its end was told, so that its job is in neither or both
    const running = new Set((await steps()).map((step) => step.split('.')[0]));
    // an array's task is named by a number of its own, as its step is
    const { format, rows } = listing(['%A', '%S', '%B']);
    const argv = ['squeue', '-h', '-a', '-t', 'RUNNING', '-w', node, '-o', format] as const;
    const env = { SLURM_TIME_FORMAT: '%s' };
    const { code, stdout } = await commands.run(argv, { deadlineMs: ASK_MS, env });
    if (code !== 0) return [];
    return rows(stdout).flatMap(([id = '', start = '', host]) =>
      host === node && !running.has(id) && isFromBefore(start, Math.max(...calm)) ? [id] : [],
    );
  }
}
