import { setImmediate as turn } from 'node:timers/promises';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Engine } from '#agent/operations/engine/engine';
import { Journal } from '#agent/operations/engine/journal';
import { operationFrom } from '#agent/operations/service/make';
import { createSqliteState } from '#agent/state/sqlite/state';
import { SqliteStore } from '#agent/state/sqlite/store';
import type { State } from '#agent/state/types';
import type { AgentOperation, OperationWish } from '#shared/contract/agent/operations';
import { Died, type Fault, LeapingClock, Line, movingDefinition, planOf, World } from './world';

/** nothing goes wrong on it */
const idle = () =>
  new Line(
    () => 'none',
    () => undefined,
  );

const STEPS = ['freeze', 'stop old', 'copy', 'start new', 'settle'];
const ID = '0b9d4e0e-6f0e-4c8e-9a36-0c1f1f0a0001';

/** What shall go wrong: at which moment of which coordinator, and what a person asks for when. */
interface Story {
  faults?: Record<string, Fault>;
  failing?: Record<string, 'before' | 'after' | 'for ever'>;
  wish?: { at: number; wish: OperationWish };
  /** for what is stuck: the fault is mended, and a person says so */
  mend?: 'retry' | 'rollback';
}

class Stage {
  readonly clock = new LeapingClock();
  readonly world = new World();
  readonly state: State = createSqliteState(new SqliteStore(':memory:', this.clock), this.clock);
  readonly seen: string[] = [];
  moments = 0;
  readonly #story: Story;
  readonly #runs: Promise<unknown>[] = [];
  #coordinators = 0;
  #leadKey: string | null = null;

  constructor(story: Story) {
    this.#story = story;
    for (const [step, how] of Object.entries(story.failing ?? {})) {
      this.world.failing.set(step, how);
    }
  }

  /** From the approval to the end, over as many coordinators as it takes. */
  async play(): Promise<AgentOperation> {
    const definition = movingDefinition(this.world, idle);
    const plan = planOf(definition);
    await new Journal(this.state).begin(
      operationFrom(plan, { id: ID, by: 'a test', at: this.clock.now() }),
      plan,
    );
    await this.#coordinate();
    let settled = false;
    const all = this.#settled().then(() => {
      settled = true;
    });
    for (let turns = 0; !settled; turns += 1) {
      if (turns > 60_000) throw new Error('It does not come to an end');
      await turn();
      this.clock.leap();
    }
    await all;
    const end = await new Journal(this.state).get(ID);
    if (end === null) throw new Error('The journal lost the operation');
    return end;
  }

  async #settled(): Promise<void> {
    for (let count = 0; count < this.#runs.length; count += 1) await this.#runs[count];
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
    const line = new Line(
      (moment) => {
        this.moments += 1;
        this.#ask(this.moments);
        return this.#story.faults?.[`${number}.${moment}`] ?? 'none';
      },
      (fault, wake) => {
        if (fault !== 'sleeps') lost.abort(new Died('died'));
        const next = this.#coordinate();
        // the one that slept wakes up when the other has already done something, or everything
        if (fault === 'sleeps') void next.then(() => this.clock.sleep(600)).then(wake);
      },
    );
    const journal = new Journal(line.through(this.state));
    const definition = movingDefinition(this.world, () => line);
    const engine = new Engine({
      journal,
      definitions: new Map([[definition.kind, definition]]),
      clock: this.clock,
      node: `n${number}`,
      onChange: (operation) => this.#watch(operation),
    });
    this.#runs.push(engine.run(ID, { key, epoch }, lost.signal).catch(() => undefined));
  }

  #ask(moment: number): void {
    const { wish } = this.#story;
    if (wish !== undefined && wish.at === moment)
      void new Journal(this.state).ask(ID, { wish: wish.wish, by: 'ada' });
  }

  #watch(operation: AgentOperation): void {
    this.seen.push(operation.state);
    if (operation.state !== 'stuck' || this.#story.mend === undefined) return;
    this.world.failing.clear();
    void new Journal(this.state).ask(ID, { wish: this.#story.mend, by: 'ada' });
  }
}

/** Done whole or not at all, each effect once, and never two controllers on the way. */
function expectWhole(stage: Stage, end: AgentOperation): void {
  expect(stage.world.broken).toBeNull();
  const isDone = end.state === 'done';
  expect({
    state: end.state,
    present: [...stage.world.present].toSorted(),
    steps: end.steps.every(({ state }) => state === 'done'),
    saysWhy: isDone || end.reason !== '',
  }).toEqual({
    state: isDone ? 'done' : 'undone',
    present: isDone ? [...STEPS, 'controller on new'].toSorted() : ['controller on old'],
    steps: isDone,
    saysWhy: true,
  });
}

async function play(story: Story) {
  const stage = new Stage(story);
  const end = await stage.play();
  return { stage, end };
}

describe('an operation', () => {
  it('does each step once and proves it', async () => {
    const { stage, end } = await play({});
    expectWhole(stage, end);
    expect(end.state).toBe('done');
    expect([...stage.world.applied.values()]).toEqual([1, 1, 1, 1, 1]);
    expect(end.steps.every(({ attempts, found }) => attempts === 1 && !found)).toBe(true);
  });

  it('leaves alone what is so already, and does not undo it either', async () => {
    const stage = new Stage({ failing: { copy: 'for ever' } });
    stage.world.present.add('freeze');
    const end = await stage.play();
    expect(end).toMatchObject({ state: 'undone', reason: 'It cannot be done.' });
    expect([...stage.world.present].toSorted()).toEqual(['controller on old', 'freeze']);
  });

  it('is undone when a step before the pivot cannot be done', async () => {
    const { stage, end } = await play({ failing: { copy: 'for ever' } });
    expectWhole(stage, end);
    expect(end.state).toBe('undone');
  });

  it('goes on when only the answer was lost', async () => {
    const { stage, end } = await play({ failing: { 'stop old': 'after', 'start new': 'after' } });
    expectWhole(stage, end);
    expect(end.state).toBe('done');
    expect(stage.world.applied.get('start new')).toBe(1);
  });

  it.each(['retry', 'rollback'] as const)(
    'is stuck behind the pivot until a person says: %s',
    async (mend) => {
      const { stage, end } = await play({ failing: { settle: 'for ever' }, mend });
      expect(stage.seen).toContain('stuck');
      expectWhole(stage, end);
      expect(end.state).toBe(mend === 'retry' ? 'done' : 'undone');
    },
  );

  it('begins only where no other is under way', async () => {
    const stage = new Stage({});
    const running = stage.play();
    await expect(
      new Journal(stage.state).begin(
        { ...(await stored(stage)), id: crypto.randomUUID() },
        planOf(movingDefinition(stage.world, idle)),
      ),
    ).rejects.toMatchObject({ code: 'REVISION_CHANGED' });
    await running;
    expect(await new Journal(stage.state).active()).toBeNull();
  });

  it('is not gone on with by another version of its steps', async () => {
    const stage = new Stage({});
    await stage.play();
    const journal = new Journal(stage.state);
    await journal.reopen({ ...(await stored(stage)), state: 'undoing', version: 2 });
    const lead = { key: 'elections/operations/0', epoch: 0 };
    lead.epoch = (await stage.state.get(lead.key))?.createRevision ?? 0;
    const engine = new Engine({
      journal,
      definitions: new Map([['moving', movingDefinition(stage.world, idle)]]),
      clock: stage.clock,
      node: 'n',
      onChange: () => undefined,
    });
    const end = await engine.run(ID, lead, new AbortController().signal);
    expect(end).toMatchObject({ state: 'stuck', reason: expect.stringContaining('version') });
  });
});

const stored = async (stage: Stage): Promise<AgentOperation> => {
  const found = await new Journal(stage.state).get(ID);
  if (found === null) throw new Error('Nothing is stored');
  return found;
};

const FAULTS: Fault[] = ['dies before', 'dies after', 'sleeps'];

describe('a coordinator that dies or oversleeps', () => {
  it.each(FAULTS)('%s: at each single moment, each effect comes once', async (fault) => {
    const { stage: calm } = await play({});
    expect(calm.moments).toBeGreaterThan(20);
    for (let moment = 0; moment < calm.moments; moment += 1) {
      const { stage, end } = await play({ faults: { [`0.${moment}`]: fault } });
      expectWhole(stage, end);
      expect(end.state).toBe('done');
      expect(Math.max(...stage.world.applied.values())).toBe(1);
    }
  });

  it.each(FAULTS)('%s: while it is undone', async (fault) => {
    const { stage: calm } = await play({ failing: { copy: 'for ever' } });
    for (let moment = 0; moment < calm.moments; moment += 1) {
      const { stage, end } = await play({
        failing: { copy: 'for ever' },
        faults: { [`0.${moment}`]: fault },
      });
      expectWhole(stage, end);
      expect(end.state).toBe('undone');
    }
  });

  it('any number of them, with failing steps and wishes in between', async () => {
    const moment = fc.integer({ min: 0, max: 40 });
    const story = fc.record(
      {
        faults: fc
          .array(fc.tuple(fc.integer({ min: 0, max: 3 }), moment, fc.constantFrom(...FAULTS)), {
            maxLength: 4,
          })
          .map((list) =>
            Object.fromEntries(list.map(([who, at, fault]) => [`${who}.${at}`, fault])),
          ),
        failing: fc.dictionary(
          fc.constantFrom('freeze', 'stop old', 'copy', 'start new', 'settle'),
          fc.constantFrom('before' as const, 'after' as const, 'for ever' as const),
          { maxKeys: 2 },
        ),
        wish: fc.record({
          at: moment,
          wish: fc.constantFrom('abort' as const, 'rollback' as const),
        }),
        mend: fc.constantFrom('retry' as const, 'rollback' as const),
      },
      { requiredKeys: ['mend'] },
    );
    await fc.assert(
      fc.asyncProperty(story, async (told) => {
        const { stage, end } = await play(told);
        expectWhole(stage, end);
      }),
      { numRuns: 150 },
    );
  });
});
