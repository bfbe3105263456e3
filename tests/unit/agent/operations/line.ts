import type { State } from '#agent/state/types';
import { fail } from '#shared/contract/errors';

/** What may go wrong with one thing that a coordinator sends, to a node or to the shared state. */
export const FAULTS = [
  /** the coordinator dies before it is carried out */
  'dies before',
  /** it is carried out, and the coordinator dies before it hears of it */
  'dies after',
  /** the coordinator dies while it is carried out */
  'dies during',
  /** it hangs, another coordinator takes over, then it is carried out after all */
  'sleeps',
  /** it never arrives, and the coordinator is told so */
  'cut',
  /** it is carried out, and the answer never comes */
  'answer lost',
  /** it arrives a second time, much later */
  'twice',
] as const;
export type Fault = (typeof FAULTS)[number];

export class Died extends Error {}

export interface LineEnds {
  fault(moment: number): Fault | null;
  /** The coordinator is dead, or taken for dead. @param wake for one that only slept */
  onDeath(wake: () => void): void;
  /** Carries something out later, with nobody waiting for it. */
  later(call: () => Promise<unknown>): void;
}

/** Everything that a coordinator sends passes here: the moments at which something can go wrong. */
export class Line {
  dead = false;
  readonly #ends: LineEnds;
  #moments = 0;

  constructor(ends: LineEnds) {
    this.#ends = ends;
  }

  async send<T>(call: () => Promise<T>): Promise<T> {
    if (this.dead) throw new Died('dead');
    const answer = await this.#faulty(call, this.#ends.fault(this.#moments++));
    // it died of another call meanwhile
    if (this.dead) throw new Died('dead');
    return answer;
  }

  async #faulty<T>(call: () => Promise<T>, fault: Fault | null): Promise<T> {
    switch (fault) {
      case null:
        return call();
      case 'dies before':
        return this.#die();
      case 'dies after':
        await call();
        return this.#die();
      case 'dies during':
        void call().catch(() => undefined);
        return this.#die();
      case 'sleeps': {
        const { promise, resolve } = Promise.withResolvers<void>();
        this.#ends.onDeath(resolve);
        await promise;
        return call();
      }
      case 'cut':
        throw fail('UNREACHABLE', { remedy: 'Mend the line.', outcome: 'unknown' });
      case 'answer lost':
        await call();
        throw fail('TIMEOUT', { remedy: 'Look.', outcome: 'unknown' });
      case 'twice':
        this.#ends.later(call);
        return call();
    }
  }

  #die(): never {
    this.dead = true;
    this.#ends.onDeath(() => undefined);
    throw new Died('died');
  }

  /** The shared state as this coordinator reaches it; writes are moments, looks are not. */
  through(state: State): Pick<State, 'get' | 'list' | 'commit' | 'watch' | 'revision'> {
    const alive = <T>(call: () => Promise<T>): Promise<T> =>
      this.dead ? Promise.reject(new Died('dead')) : call();
    return {
      get: (key) => alive(() => state.get(key)),
      list: (prefix) => alive(() => state.list(prefix)),
      commit: (conditions, writes) => this.send(() => state.commit(conditions, writes)),
      watch: (prefix, after, signal) => state.watch(prefix, after, signal),
      revision: () => alive(() => state.revision()),
    };
  }
}
