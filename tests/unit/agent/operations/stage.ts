import { setImmediate as turn } from 'node:timers/promises';
import { expect } from 'vitest';
import { Engine } from '#agent/operations/engine/engine';
import { Journal } from '#agent/operations/engine/journal';
import type { Json, OperationDefinition } from '#agent/operations/engine/types';
import { operationFrom } from '#agent/operations/service/make';
import { createSqliteState } from '#agent/state/sqlite/state';
import { SqliteStore } from '#agent/state/sqlite/store';
import type { State } from '#agent/state/types';
import { type AgentOperation, isOver, type OperationWish } from '#shared/contract/agent/operations';
import { Failure } from '#shared/contract/errors';
import { Died, type Fault, Line } from './line';
import { LeapingClock, planOf, STEPS, World } from './world';

export const ID = '0b9d4e0e-6f0e-4c8e-9a36-0c1f1f0a0001';
const MAX_TURNS = 60_000;
/** what arrives a second time comes so many moments later */
const LATE = 4;

/** What shall go wrong: at which moment of which coordinator, and what a person asks for when. */
export interface Story {
  /** by coordinator and moment, as `0.12` */
  faults?: Record<string, Fault>;
  failing?: Record<string, 'before' | 'after' | 'for ever'>;
  wish?: { at: number; wish: OperationWish };
  /** for what is stuck: the fault is mended, and a person says so */
  mend?: 'retry' | 'skip' | 'rollback';
}

/** What an operation acts on. */
export interface Staged {
  /** @param line by which its coordinator calls; @param state as that coordinator reaches it */
  definition(line: Line, state: StagedState): OperationDefinition;
  /** for its plan */
  params?: Readonly<Record<string, Json>>;
  rollbackMs?: number;
  /** whatever fails is mended */
  mend(): void;
  /** how it stands, for a look at what a person sees */
  homes?(): unknown;
  /** a moment passes: something was sent */
  pass?(): void;
}
export type StagedState = ReturnType<Line['through']>;

/** One operation from its approval to its end, over as many coordinators as it takes. */
export class Stage<T extends Staged = World> {
  readonly clock: LeapingClock;
  readonly world: T;
  readonly state: State;
  /** states that were written */
  readonly seen: string[] = [];
  /** each time that a person had to decide: at which step, why, and how the world stood */
  readonly stops: { step: string; reason: string; homes: unknown }[] = [];
  /** each text that told what was waited for */
  readonly waited = new Set<string>();
  moments = 0;
  readonly #story: Story;
  readonly #runs: Promise<void>[] = [];
  readonly #late: { at: number; call: () => Promise<unknown> }[] = [];
  #coordinators = 0;
  #leadKey: string | null = null;

  constructor(story: Story, clock: LeapingClock, world: T) {
    this.#story = story;
    this.clock = clock;
    this.world = world;
    this.state = createSqliteState(new SqliteStore(':memory:', clock), clock);
  }

  async play(): Promise<AgentOperation> {
    const { rollbackMs, params } = this.world;
    const plan = planOf(this.definition(), rollbackMs, params);
    await new Journal(this.state).begin(
      operationFrom(plan, { id: ID, by: 'a test', at: this.clock.now() }),
      plan,
    );
    return this.resume();
  }

  /** Goes on with one that was begun, or taken up again. */
  async resume(): Promise<AgentOperation> {
    const first = this.#runs.length;
    await this.#coordinate();
    await this.#untilSettled(this.#settled(first));
    // what is still on the line arrives after all is over
    const late = this.#late.splice(0).map(({ call }) => call().catch(() => undefined));
    await this.#untilSettled(Promise.all(late));
    return this.stored();
  }

  async stored(): Promise<AgentOperation> {
    const end = await new Journal(this.state).get(ID);
    if (end === null) throw new Error('The journal lost the operation');
    return end;
  }

  /** @param line by which its coordinator calls; left out: nothing goes wrong on it */
  definition(line: Line = quiet()) {
    return this.world.definition(line, line.through(this.state));
  }

  /** Time passes for what goes on beside the operation. */
  during<R>(work: Promise<R>): Promise<R> {
    return this.#untilSettled(work).then(() => work);
  }

  async #untilSettled(work: Promise<unknown>): Promise<void> {
    let isSettled = false;
    const all = work.finally(() => {
      isSettled = true;
    });
    // looked at below
    all.catch(() => undefined);
    for (let turns = 0; !isSettled; turns += 1) {
      if (turns > MAX_TURNS) throw new Error('It does not come to an end');
      await turn();
      this.clock.leap();
    }
    await all;
  }

  async #settled(first: number): Promise<void> {
    for (let count = first; count < this.#runs.length; count += 1) await this.#runs[count];
  }

  async #coordinate(): Promise<void> {
    const number = this.#coordinators++;
    const key = `elections/operations/${number}`;
    const before = this.#leadKey;
    await this.state.commit(
      [],
      [...(before === null ? [] : [{ key: before, delete: true as const }]), { key, put: number }],
    );
    this.#leadKey = key;
    const epoch = (await this.state.get(key))?.createRevision ?? 0;
    const lost = new AbortController();
    const line: Line = new Line({
      fault: (moment) => {
        this.#pass();
        return this.#story.faults?.[`${number}.${moment}`] ?? null;
      },
      onDeath: (wake) => {
        if (line.dead) lost.abort(new Died('died'));
        const next = this.#coordinate();
        // the one that slept wakes up when the other has already done something, or everything
        if (!line.dead) void next.then(() => this.clock.sleep(600)).then(wake);
      },
      later: (call) => void this.#late.push({ at: this.moments + LATE, call }),
    });
    const journal = new Journal(line.through(this.state));
    const definition = this.definition(line);
    const engine = new Engine({
      journal,
      definitions: new Map([[definition.kind, definition]]),
      clock: this.clock,
      node: `n${number}`,
      onChange: (operation) => this.#watch(operation),
    });
    this.#runs.push(this.#carryOut(engine, { key, epoch }, lost.signal));
  }

  /** As long as it leads, it goes on after failures of the shared state. */
  async #carryOut(
    engine: Engine,
    lead: { key: string; epoch: number },
    lost: AbortSignal,
  ): Promise<void> {
    for (;;) {
      try {
        await engine.run(ID, lead, lost);
        return;
      } catch (error) {
        if (!(error instanceof Failure) || lost.aborted) return;
        await this.clock.sleep(500);
      }
    }
  }

  /** A moment passes: wishes are uttered, and what was on its way twice arrives again. */
  #pass(): void {
    this.moments += 1;
    this.world.pass?.();
    const { wish } = this.#story;
    if (wish !== undefined && wish.at === this.moments) this.#ask(wish.wish);
    const due = this.#late.filter(({ at }) => at <= this.moments);
    for (const one of due) {
      this.#late.splice(this.#late.indexOf(one), 1);
      void one.call().catch(() => undefined);
    }
  }

  #watch(operation: AgentOperation): void {
    this.seen.push(operation.state);
    for (const { waiting_on: on } of operation.steps) if (on !== null) this.waited.add(on);
    if (operation.state === 'paused') return this.#ask('resume');
    if (operation.state !== 'stuck') return;
    const { steps, reason } = operation;
    const step = steps.find(({ error }) => error !== '')?.id ?? '';
    this.stops.push({ step, reason, homes: this.world.homes?.() });
    if (this.#story.mend === undefined) return;
    this.world.mend();
    this.#ask(this.#story.mend);
  }

  #ask(wish: OperationWish): void {
    void new Journal(this.state).ask(ID, { wish, by: 'ada' });
  }
}

/** The move of a controller. */
export function stageOf(story: Story = {}): Stage {
  const clock = new LeapingClock();
  const world = new World(clock);
  for (const [step, how] of Object.entries(story.failing ?? {})) world.failing.set(step, how);
  return new Stage(story, clock, world);
}

export async function play(story: Story): Promise<{ stage: Stage; end: AgentOperation }> {
  const stage = stageOf(story);
  const end = await stage.play();
  return { stage, end };
}

/** Done whole or not at all, each effect once, and never two controllers on the way. */
export function expectWhole(stage: Stage, end: AgentOperation): void {
  expect(stage.world.broken).toBeNull();
  const isDone = end.state === 'done';
  expect({
    isOver: isOver(end),
    present: [...stage.world.present].toSorted(),
    steps: end.steps.every(({ state }) => state === 'done'),
    saysWhy: isDone || end.reason !== '',
  }).toEqual({
    isOver: true,
    present: isDone ? [...STEPS, 'controller on new'].toSorted() : ['controller on old'],
    steps: isDone,
    saysWhy: true,
  });
}

function quiet(): Line {
  return new Line({ fault: () => null, onDeath: () => undefined, later: () => undefined });
}
