import { Failure } from '#shared/contract/errors';
import type { Clock, Commands, Logger } from '../../ports';
import type { Look } from './look';
import { falselyCompleting } from './miscounted';

/** It was seen so for that long, before it is asked for. */
const SEEN_MS = 8_000;
const LOOKS = 3;
const BETWEEN_MS = 500;
/** Where that did not help, it is not done all the time. */
const AGAIN_MS = 10 * 60_000;
/** of the job that ends the matter; it waits for the controller and its turn */
const JOB_MS = 60_000;

interface Deps {
  commands: Pick<Commands, 'run'>;
  clock: Clock;
  logger: Logger;
}

/**
 * Nodes that SLURM calls completing for good, as after an admin's own `scontrol reconfigure`
 * (`miscounted.ts`): they would get no job any more. A controller that starts anew gives them jobs again,
 * and the end of the first one ends the matter; jobs that run do not notice.
 */
export class StuckNodes {
  readonly #deps: Deps;
  /** since when each is suspected, by the monotonic clock */
  #since: ReadonlyMap<string, number> = new Map();
  #restartedAt = Number.NEGATIVE_INFINITY;

  constructor(deps: Deps) {
    this.#deps = deps;
  }

  /**
   * To be called in each round by the node in control.
   * @param seen what was just seen of SLURM
   * @param restart starts the controller anew
   */
  async settle(seen: Pick<Look, 'jobs' | 'nodes'>, restart: () => Promise<void>): Promise<void> {
    const { clock, logger } = this.#deps;
    const now = clock.monotonic();
    const busy = new Set(
      seen.jobs.filter(({ state }) => state === 'COMPLETING').flatMap(({ nodes }) => nodes),
    );
    const suspects = seen.nodes
      .filter(({ name, state }) => state === 'completing' && !busy.has(name))
      .map(({ name }) => [name, this.#since.get(name) ?? now] as const);
    this.#since = new Map(suspects);
    const isLong = suspects.some(([, since]) => now - since >= SEEN_MS);
    if (!isLong || now - this.#restartedAt < AGAIN_MS) return;
    const stuck = await this.#stuck(suspects.map(([name]) => name));
    if (stuck.length === 0) return;
    this.#restartedAt = clock.monotonic();
    this.#since = new Map();
    logger.warn(
      { nodes: stuck },
      'SLURM calls nodes completing on which no job completes; its controller is started again',
    );
    await restart();
    void Promise.all(stuck.map((node) => this.#endOn(node)));
  }

  /** A job that does nothing: with its end SLURM sees that the node is done. */
  async #endOn(node: string): Promise<void> {
    const { commands, logger } = this.#deps;
    const how = ['--quiet', '--time=1', '--job-name=clusterdeck-prove', '--chdir=/'];
    const where = ['-w', node, '-N1', '-n1', '--export=PATH'];
    try {
      await commands.run(['srun', ...how, ...where, 'true'], { deadlineMs: JOB_MS });
    } catch (error) {
      // another job's end does the same
      if (!(error instanceof Failure)) throw error;
      logger.info({ node, code: error.code }, 'No job ended the matter on a node');
    }
  }

  /** Those of them that are so in each of some looks. */
  async #stuck(suspects: readonly string[]): Promise<readonly string[]> {
    let left = suspects;
    for (let looks = 0; looks < LOOKS && left.length > 0; looks += 1) {
      if (looks > 0) await this.#deps.clock.sleep(BETWEEN_MS);
      const found = await falselyCompleting(this.#deps.commands);
      left = left.filter((name) => found?.includes(name));
    }
    return left;
  }
}
