import { z } from 'zod';
import type {
  Json,
  OperationDefinition,
  StepContext,
  StepDefinition,
} from '#agent/operations/engine/types';
import { defineHand, handRoute } from '#agent/operations/hands/define';
import { Fence } from '#agent/operations/hands/fence';
import { HandGateway } from '#agent/operations/hands/gateway';
import { HandRunner } from '#agent/operations/hands/runner';
import type { HandCall, Hands } from '#agent/operations/hands/types';
import { handRequest } from '#agent/operations/hands/wire';
import { planFrom } from '#agent/operations/service/make';
import type { OperationKind } from '#agent/operations/types';
import type { Clock } from '#agent/ports';
import type { OperationPlan } from '#shared/contract/agent/operations';
import { fail } from '#shared/contract/errors';
import { KeptLog, member, StagedMembership } from '#tests/support/agent';
import type { Line } from './line';

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

const named = z.strictObject({ step: z.string() });
const look = defineHand({
  name: 'world/look',
  changes: false,
  input: named,
  output: z.object({ isThere: z.boolean() }),
});
const bring = defineHand({
  name: 'world/bring',
  changes: true,
  input: named.extend({ isThere: z.boolean() }),
  output: z.object({}),
});

/** What each step does besides leaving its mark: never may both be controllers. */
const CONTROLLERS: Record<string, { puts?: string; takes?: string }> = {
  'stop old': { takes: 'controller on old' },
  'start new': { puts: 'controller on new' },
};
/** on which of the two hosts a step happens */
const HOST: Record<string, string> = {
  freeze: 'old',
  'stop old': 'old',
  copy: 'new',
  'start new': 'new',
  settle: 'new',
};
export const STEPS = Object.keys(HOST);

/** Two hosts with the agents' real hands and fences, of which never more than one may control. */
export class World {
  /** how often each step had its effect */
  readonly applied = new Map<string, number>();
  readonly present = new Set<string>(['controller on old']);
  /** steps whose next attempt fails, before or after its effect */
  readonly failing = new Map<string, 'before' | 'after' | 'for ever'>();
  broken: string | null = null;
  readonly #clock: Clock;
  readonly #runners: ReadonlyMap<string, HandRunner>;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#runners = new Map(['old', 'new'].map((host) => [`id-${host}`, this.#runner()]));
  }

  definition(line: Line): OperationDefinition {
    return movingDefinition(this.hands(line));
  }

  mend(): void {
    this.failing.clear();
  }

  /** The way of one coordinator, on a third host, to both. */
  hands(line: Line): Hands {
    return new HandGateway({
      membership: new StagedMembership(member('third'), [member('old'), member('new')]),
      runner: { run: () => Promise.reject(new Error('It has no hands of its own')) },
      peers: {
        call: (to, _method, _path, { body, signal }) => {
          const runner = this.#runners.get(to.id);
          if (runner === undefined) throw new Error(`There is no ${to.name}`);
          const asked = handRequest.parse(body);
          return line.send(() => runner.run(asked, signal ?? new AbortController().signal));
        },
      },
    });
  }

  #runner(): HandRunner {
    return new HandRunner({
      routes: [
        handRoute(look, async ({ step }) => ({ isThere: this.present.has(step) })),
        handRoute(bring, async ({ step, isThere }, call) => {
          await this.#bring(step, isThere, call);
          return {};
        }),
      ],
      fence: new Fence(null, 'world'),
      clock: this.#clock,
      logger: new KeptLog(),
    });
  }

  async #bring(step: string, isThere: boolean, { signal }: HandCall): Promise<void> {
    // it takes its time, in which much may happen
    await this.#clock.sleep(30, signal);
    const fails = isThere ? this.failing.get(step) : undefined;
    if (fails === 'before') this.failing.delete(step);
    if (fails === 'before' || fails === 'for ever') throw failed('It cannot be done.');
    if (this.present.has(step) !== isThere) this.#change(step, isThere);
    if (fails !== 'after') return;
    this.failing.delete(step);
    throw failed('The answer was lost.');
  }

  #change(step: string, isThere: boolean): void {
    const { puts, takes } = CONTROLLERS[step] ?? {};
    const [added, removed] = isThere ? [puts, takes] : [takes, puts];
    if (isThere) {
      this.applied.set(step, (this.applied.get(step) ?? 0) + 1);
      this.present.add(step);
    } else this.present.delete(step);
    if (removed !== undefined) this.present.delete(removed);
    if (added !== undefined) this.present.add(added);
    if (this.present.has('controller on old') && this.present.has('controller on new')) {
      this.broken ??= 'two controllers';
    }
  }
}

const failed = (why: string) => fail('TASK_FAILED', { remedy: '' }, why);

/** freeze, stop the old one, copy, start the new one (the pivot), settle. */
function movingDefinition(hands: Hands): OperationDefinition {
  const step = (id: string): StepDefinition => {
    const host = `id-${HOST[id]}`;
    const isThere = async (context: StepContext) =>
      (await hands.call(host, look, { step: id }, context)).isThere;
    const set = async (context: StepContext, wanted: boolean) => {
      await hands.call(host, bring, { step: id, isThere: wanted }, context);
    };
    return {
      id,
      title: id,
      class: id === 'start new' ? 'pivot' : 'idempotent',
      expectedMs: 100,
      deadlineMs: 5_000,
      probe: async (context) => ((await isThere(context)) ? 'done' : 'absent'),
      do: (context) => set(context, true),
      verify: async (context) => ((await isThere(context)) ? null : 'the effect'),
      undo: (context) => set(context, false),
    };
  };
  const steps = STEPS.map(step);
  return { kind: 'moving', version: 1, steps: () => steps };
}

/** A plan of these steps, as the service would make it. */
export function planOf(
  definition: OperationDefinition,
  rollbackMs = 0,
  params: Readonly<Record<string, Json>> = {},
): OperationPlan {
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
      params,
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
