import type { OperationDefinition, Seen, StepDefinition } from '#agent/operations/engine/types';
import { planFrom } from '#agent/operations/service/make';
import type { OperationKind } from '#agent/operations/types';
import type { Clock } from '#agent/ports';
import type { State } from '#agent/state/types';
import type { OperationPlan } from '#shared/contract/agent/operations';

/** A clock that leaps to the next moment somebody sleeps for, as soon as nothing else goes on. */
export class LeapingClock implements Clock {
  #now = 1_000;
  readonly #sleepers = new Set<{ at: number; wake(): void }>();

  now = () => this.#now;
  monotonic = () => this.#now;

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    if (signal?.aborted) return Promise.reject(signal.reason);
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const sleeper = { at: this.#now + ms, wake: resolve };
    this.#sleepers.add(sleeper);
    signal?.addEventListener('abort', () => {
      this.#sleepers.delete(sleeper);
      reject(signal.reason);
    });
    return promise;
  }

  /** Wakes whoever sleeps the shortest. */
  leap(): void {
    const [next] = [...this.#sleepers].toSorted((a, b) => a.at - b.at);
    if (next === undefined) return;
    this.#now = Math.max(this.#now, next.at);
    this.#sleepers.delete(next);
    next.wake();
  }
}

/** What may go wrong at one moment of a run. */
export type Fault =
  | 'none'
  /** the coordinator dies before the call is carried out */
  | 'dies before'
  /** the call is carried out, and the coordinator dies before it hears of it */
  | 'dies after'
  /** the call hangs, another coordinator takes over, then it is carried out after all */
  | 'sleeps';

export class Died extends Error {}

/** Everything a coordinator sends passes here: the moments at which it can die. */
export class Line {
  dead = false;
  asleep: Promise<void> | null = null;
  readonly #fault: (moment: number) => Fault;
  readonly #onFault: (fault: Fault, wake: () => void) => void;
  #moments = 0;

  constructor(fault: (moment: number) => Fault, onFault: (fault: Fault, wake: () => void) => void) {
    this.#fault = fault;
    this.#onFault = onFault;
  }

  async send<T>(call: () => Promise<T>): Promise<T> {
    if (this.dead) throw new Died('dead');
    const fault = this.#fault(this.#moments++);
    if (fault === 'dies before') {
      this.dead = true;
      this.#onFault(fault, () => undefined);
      throw new Died('died before');
    }
    if (fault === 'sleeps') {
      const { promise, resolve } = Promise.withResolvers<void>();
      this.#onFault(fault, resolve);
      await promise;
      return call();
    }
    const answer = await call();
    if (fault !== 'dies after') return answer;
    this.dead = true;
    this.#onFault(fault, () => undefined);
    throw new Died('died after');
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

/** Two hosts, of which never more than one may be the controller. */
export class World {
  readonly applied = new Map<string, number>();
  readonly present = new Set<string>(['controller on old']);
  /** steps whose next attempt fails, before or after its effect */
  readonly failing = new Map<string, 'before' | 'after' | 'for ever'>();
  highest = 0;
  refused = 0;
  broken: string | null = null;

  /** What a node does with a request: a lower epoch than one it has seen is refused. */
  fenced(epoch: number): void {
    if (epoch < this.highest) {
      this.refused += 1;
      throw new Error('fenced: this coordinator was replaced');
    }
    this.highest = epoch;
  }

  look(step: string, epoch: number): Seen {
    this.fenced(epoch);
    return this.present.has(step) ? 'done' : 'absent';
  }

  act(step: string, epoch: number, change: () => void): void {
    this.fenced(epoch);
    const fails = this.failing.get(step);
    if (fails === 'before' || fails === 'for ever') {
      if (fails === 'before') this.failing.delete(step);
      throw new Error('It cannot be done.');
    }
    this.applied.set(step, (this.applied.get(step) ?? 0) + 1);
    if (this.present.has(step)) this.broken ??= `${step} was done twice`;
    this.present.add(step);
    change();
    this.#check();
    if (fails === 'after') {
      this.failing.delete(step);
      throw new Error('The answer was lost.');
    }
  }

  undo(step: string, epoch: number, change: () => void): void {
    this.fenced(epoch);
    if (!this.present.delete(step)) return;
    change();
    this.#check();
  }

  #check(): void {
    if (this.present.has('controller on old') && this.present.has('controller on new')) {
      this.broken ??= 'two controllers';
    }
  }
}

/** stop the old one, copy, start the new one (the pivot), settle. */
export function movingDefinition(world: World, line: () => Line): OperationDefinition {
  const step = (
    id: string,
    stepClass: StepDefinition['class'],
    change: () => void = () => undefined,
    back: () => void = () => undefined,
  ): StepDefinition => ({
    id,
    title: id,
    class: stepClass,
    expectedMs: 100,
    deadlineMs: 5_000,
    probe: ({ epoch }) => line().send(async () => world.look(id, epoch)),
    do: ({ epoch }) => line().send(async () => world.act(id, epoch, change)),
    verify: async ({ epoch }) => (world.look(id, epoch) === 'done' ? null : 'the effect'),
    undo: ({ epoch }) => line().send(async () => world.undo(id, epoch, back)),
  });
  const put = (what: string) => () => void world.present.add(what);
  const take = (what: string) => () => void world.present.delete(what);
  const steps = [
    step('freeze', 'idempotent'),
    step('stop old', 'idempotent', take('controller on old'), put('controller on old')),
    step('copy', 'idempotent'),
    step('start new', 'pivot', put('controller on new'), take('controller on new')),
    step('settle', 'idempotent'),
  ];
  return { kind: 'moving', version: 1, steps: () => steps };
}

/** A plan of these steps, as the service would make it. */
export function planOf(definition: OperationDefinition, rollbackMs = 0): OperationPlan {
  const kind: OperationKind = {
    ...definition,
    steps: (params) => definition.steps(params).map((step) => ({ ...step, detail: step.title })),
    draft: () => Promise.reject(new Error('Not planned here')),
  };
  const none = { count: 0, items: [] };
  return planFrom(
    kind,
    {
      title: 'Moving',
      params: {},
      facts: {},
      procedure: '',
      reason: '',
      checks: [],
      expectedPauseMs: 0,
      blast: { goesOn: none, waits: none, cannot: none },
      irreversible: [],
      confirm: 'new',
      rollbackMs,
    },
    { at: 1_000, by: 'a test', checks: [] },
  );
}
