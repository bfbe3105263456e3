import type { AgentProblem } from '#shared/contract/agent/dashboard';
import { Failure } from '#shared/contract/errors';
import type { Logger } from '../../ports';
import { mungeProblem, type Part, slurmProblem } from './problems';

/** What a role needs besides its own daemon. */
const COMMON: readonly Part[] = ['setup', 'munge', 'files'];

/** What fails in the parts of the keeper's rounds: told as long as it lasts, logged once. */
export class Troubles {
  readonly #logger: Logger;
  readonly #signal: AbortSignal;
  readonly #failures = new Map<Part, Failure>();

  /** @param signal what fails after its end says nothing */
  constructor(logger: Logger, signal: AbortSignal) {
    this.#logger = logger;
    this.#signal = signal;
  }

  get isNone(): boolean {
    return this.#failures.size === 0;
  }

  of(part: Part): Failure | null {
    return this.#failures.get(part) ?? null;
  }

  forget(part: Part): void {
    this.#failures.delete(part);
  }

  /** Does one part of a round. @returns null where it failed, which is kept to be told */
  async part<T>(part: Part, work: () => Promise<T>): Promise<T | null> {
    try {
      const result = await work();
      this.#failures.delete(part);
      return result;
    } catch (error) {
      if (this.#signal.aborted) return null;
      const failure = error instanceof Failure ? error : unexpected(error);
      if (this.of(part)?.message !== failure.message) {
        this.#logger.warn({ part, code: failure.code, error }, failure.message);
      }
      this.#failures.set(part, failure);
      return null;
    }
  }

  /** Why a role does not work here; '' where nothing is known to stand in its way. */
  reason(role: 'controller' | 'worker'): string {
    const failure = [role, ...COMMON].map((one) => this.of(one)).find((one) => one !== null);
    return failure?.message ?? '';
  }

  /** @param node name of this one */
  problems(node: string): AgentProblem[] {
    return [...this.#failures].map(([part, failure]) =>
      part === 'munge' ? mungeProblem(failure, node) : slurmProblem(part, failure, node),
    );
  }
}

const unexpected = (error: unknown) =>
  new Failure(
    'SERVER_ERROR',
    { remedy: 'Look at the log of the node agent.' },
    error instanceof Error ? error.message : 'Something unexpected happened.',
  );
