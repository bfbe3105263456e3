import { z } from 'zod';
import type { Clock, Logger } from '../ports';
import type { State, StateHealth } from '../state/types';
import { electedBy } from './elected';
import { Followed } from './followed';
import { repeat, within } from './loop';
import type { Snapshot } from './types';

const HEALTH_MS = 5_000;
/** Changes are heard of; asking besides is for the case that one was not. */
const LEADERS_MS = 30_000;
const DEADLINE_MS = 4_000;

interface Deps {
  state: State;
  raftLeader(): Promise<string | null>;
  clock: Clock;
  logger: Logger;
}

/** Whether the shared state answers, and who leads what as it says. */
export class StateView {
  health: StateHealth = 'unreachable';
  /** ms since 1970 of the last good look */
  asOf: number | null = null;
  leaders: Snapshot['leaders'] = { slurm: null, k3s: null, raft: null };
  readonly #deps: Deps;
  readonly #onChange: () => void;
  readonly #elections: Followed<unknown>;

  constructor(deps: Deps, onChange: () => void) {
    this.#deps = deps;
    this.#onChange = onChange;
    this.#elections = new Followed(deps, 'elections/', z.unknown(), () => {
      this.#readLeaders().catch((error: unknown) =>
        deps.logger.error({ error }, 'The leaders could not be read'),
      );
    });
  }

  /** Each runs until aborted. */
  follow(signal: AbortSignal): Promise<void>[] {
    const { clock } = this.#deps;
    return [
      repeat(clock, HEALTH_MS, signal, () => this.#readHealth()),
      repeat(clock, LEADERS_MS, signal, () => this.#readLeaders()),
      this.#elections.follow(signal),
    ];
  }

  async #readHealth(): Promise<void> {
    const { state, clock, raftLeader } = this.#deps;
    const before = this.health;
    const [health, raft] = await Promise.allSettled([
      this.#ask(state.health()),
      this.#ask(raftLeader()),
    ]);
    this.health = health.status === 'fulfilled' ? health.value : 'unreachable';
    if (this.health !== 'unreachable') this.asOf = clock.now();
    const nodeId = raft.status === 'fulfilled' ? raft.value : null;
    this.leaders = { ...this.leaders, raft: nodeId === null ? null : { nodeId, epoch: null } };
    if (this.health !== before) await this.#readLeaders();
    this.#onChange();
  }

  /** Those of before stay where the state does not answer. */
  async #readLeaders(): Promise<void> {
    const { state } = this.#deps;
    const stale = { stale: true };
    const [slurm, k3s] = await Promise.allSettled([
      this.#ask(state.leader('slurm-controller', stale)),
      this.#ask(state.leader('k3s-server', stale)),
    ]);
    if (slurm.status === 'rejected' || k3s.status === 'rejected') return;
    const { raft } = this.leaders;
    this.leaders = { slurm: electedBy(slurm.value), k3s: electedBy(k3s.value), raft };
    this.#onChange();
  }

  #ask<T>(work: Promise<T>): Promise<T> {
    return within(this.#deps.clock, DEADLINE_MS, 'The shared state', work);
  }
}
