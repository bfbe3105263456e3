import type { ClusterLive } from '#shared/contract/inventory';
import type { Clock } from '../ports';
import { standing, TROUBLES, type Trouble } from './troubles';

export interface TroubleWatchDeps {
  clock: Clock;
  onTrouble(uuid: string, trouble: Trouble): void;
}

/** A silence shorter than this is a reboot or a hiccup, and no news. */
const UNREACHABLE_MS = 120_000;
/** A trouble that comes back sooner is still the same one. */
const OVER_MS = 120_000;

/** A timer that comes this late slept with the machine. */
const LATE_MS = 30_000;

interface State {
  told: boolean;
  /** ends the wait for the trouble to be news, or for it to be over */
  wait: AbortController | null;
  waitsFor: 'there' | 'gone' | null;
}

/** Says each trouble of each cluster once, when it is news; its end is silent. */
export class TroubleWatch {
  readonly #deps: TroubleWatchDeps;
  readonly #states = new Map<string, Map<Trouble, State>>();

  constructor(deps: TroubleWatchDeps) {
    this.#deps = deps;
  }

  see(live: ClusterLive): void {
    for (const trouble of TROUBLES) {
      const now = standing(trouble, live);
      if (now !== 'unknown') this.#see(live.uuid, trouble, now);
    }
  }

  forget(uuid: string): void {
    for (const state of this.#states.get(uuid)?.values() ?? []) state.wait?.abort();
    this.#states.delete(uuid);
  }

  /** The machine slept: time that passed meanwhile says nothing about clusters. */
  restart(): void {
    for (const [uuid, states] of this.#states) {
      for (const [trouble, state] of states) {
        if (state.waitsFor !== null) this.#wait(uuid, trouble, state, state.waitsFor);
      }
    }
  }

  close(): void {
    for (const uuid of this.#states.keys()) this.forget(uuid);
  }

  #see(uuid: string, trouble: Trouble, now: 'there' | 'gone'): void {
    const state = this.#state(uuid, trouble);
    if (now === (state.told ? 'there' : 'gone')) this.#settle(state);
    else if (state.waitsFor !== now) this.#wait(uuid, trouble, state, now);
  }

  #wait(uuid: string, trouble: Trouble, state: State, forWhat: 'there' | 'gone'): void {
    this.#settle(state);
    const ms = forWhat === 'gone' ? OVER_MS : trouble === 'unreachable' ? UNREACHABLE_MS : 0;
    const turn = () => {
      this.#settle(state);
      state.told = forWhat === 'there';
      if (state.told) this.#deps.onTrouble(uuid, trouble);
    };
    if (ms === 0) return turn();
    const wait = new AbortController();
    state.wait = wait;
    state.waitsFor = forWhat;
    const { clock } = this.#deps;
    const since = clock.now();
    const awake = () =>
      clock.now() - since > ms + LATE_MS ? this.#wait(uuid, trouble, state, forWhat) : turn();
    // ended by what is seen in between
    clock.sleep(ms, wait.signal).then(awake, () => undefined);
  }

  #settle(state: State): void {
    state.wait?.abort();
    state.wait = null;
    state.waitsFor = null;
  }

  #state(uuid: string, trouble: Trouble): State {
    const states = this.#states.get(uuid) ?? new Map<Trouble, State>();
    this.#states.set(uuid, states);
    const state = states.get(trouble) ?? { told: false, wait: null, waitsFor: null };
    states.set(trouble, state);
    return state;
  }
}
