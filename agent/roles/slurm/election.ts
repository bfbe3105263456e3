import { Failure } from '#shared/contract/errors';
import type { Logger } from '../../ports';
import type { Leadership, Lease, State } from '../../state/types';

export const ELECTION = 'slurm-controller';
const LEASE_MS = 10_000;
/** A look that failed once says nothing yet. */
const GIVE_UP_AFTER = 2;

interface Deps {
  state: Pick<State, 'lease' | 'campaign'>;
  logger: Logger;
  /** what is proclaimed: the node's id, name and address */
  value: () => unknown;
}

/**
 * Who is called the leader follows what was seen: a node stands for election while its controller is
 * in control, and steps down when it is not. Losing the lease stops no controller.
 */
export class ControllerElection {
  readonly #deps: Deps;
  #standing: AbortController | null = null;
  #leadership: Leadership | null = null;
  #missed = 0;

  constructor(deps: Deps) {
    this.#deps = deps;
  }

  get isLeader(): boolean {
    return this.#leadership !== null;
  }

  /** @param isInControl as just observed */
  follow(isInControl: boolean): void {
    this.#missed = isInControl ? 0 : this.#missed + 1;
    if (this.#missed >= GIVE_UP_AFTER) this.#stepDown();
    if (!isInControl || this.#standing !== null) return;
    const standing = new AbortController();
    this.#standing = standing;
    void this.#stand(standing);
  }

  close(): void {
    this.#stepDown();
  }

  #stepDown(): void {
    this.#standing?.abort();
    this.#standing = null;
  }

  async #stand(standing: AbortController): Promise<void> {
    const { state, logger, value } = this.#deps;
    let lease: Lease | null = null;
    try {
      lease = await state.lease(LEASE_MS);
      const ends = AbortSignal.any([standing.signal, lease.lost]);
      const leadership = await state.campaign(ELECTION, value(), lease, ends);
      this.#leadership = leadership;
      logger.info({ epoch: leadership.epoch }, 'This node leads SLURM');
      await until(AbortSignal.any([ends, leadership.lost]));
    } catch (error) {
      if (!(error instanceof Failure) && !standing.signal.aborted) {
        logger.error({ error }, 'Standing for the SLURM leadership failed');
      }
    } finally {
      this.#leadership = null;
      await lease?.release().catch(() => undefined);
      if (this.#standing === standing) this.#standing = null;
    }
  }
}

const until = (signal: AbortSignal) =>
  new Promise<void>((resolve) => {
    if (signal.aborted) return resolve();
    signal.addEventListener('abort', () => resolve(), { once: true });
  });
