import type { AgentProblem, RoleState } from '#shared/contract/agent/dashboard';
import type { Clock, Logger } from '../ports';
import type { Role } from './types';

const FIRST_RETRY_MS = 1_000;
const LONGEST_RETRY_MS = 30_000;

interface Deps {
  roles: readonly Role[];
  clock: Clock;
  logger: Logger;
}

/** This node's roles: starts each, tries again what fails, and tells how they are. */
export class RoleManager {
  readonly #deps: Deps;
  readonly #ends = new AbortController();
  readonly #failed = new Map<Role, string>();
  #work: Promise<void>[] = [];

  constructor(deps: Deps) {
    this.#deps = deps;
  }

  /** Begins in the order given; none waits for another, so that one in trouble holds up no other. */
  start(): void {
    this.#work = this.#deps.roles.map((role) => this.#begin(role));
  }

  states(): RoleState[] {
    return this.#deps.roles.map((role) => {
      const error = this.#failed.get(role);
      const state = role.state();
      return error === undefined ? state : { ...state, healthy: false, error };
    });
  }

  problems(): AgentProblem[] {
    return this.#deps.roles.flatMap((role) => role.problems());
  }

  /** Stops looking after them; what they started runs on. */
  async close(): Promise<void> {
    this.#ends.abort();
    await Promise.allSettled(this.#work);
  }

  async #begin(role: Role): Promise<void> {
    const { clock, logger } = this.#deps;
    const { signal } = this.#ends;
    for (
      let pauseMs = FIRST_RETRY_MS;
      !signal.aborted;
      pauseMs = Math.min(LONGEST_RETRY_MS, pauseMs * 2)
    ) {
      try {
        await role.start();
        this.#failed.delete(role);
        return;
      } catch (error) {
        this.#failed.set(role, error instanceof Error ? error.message : 'It could not be started.');
        logger.warn({ role: role.name, error, pauseMs }, 'A role could not be started');
        await clock.sleep(pauseMs, signal).catch(() => undefined);
      }
    }
  }
}
