import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { z } from 'zod';
import { systemClock } from '#agent/host/clock';
import type { PeerRoute } from '#agent/membership/peer-types';
import type { Peers } from '#agent/membership/types';
import { createNodeOperations, type NodeOperations } from '#agent/node-operations';
import type { StepContext, StepDefinition } from '#agent/operations/engine/types';
import { defineHand, handRoute } from '#agent/operations/hands/define';
import type { Hands } from '#agent/operations/hands/types';
import type { Draft, OperationKind, OperationParts, PlannedStep } from '#agent/operations/types';
import { createSqliteState } from '#agent/state/sqlite/state';
import { SqliteStore } from '#agent/state/sqlite/store';
import type { State } from '#agent/state/types';
import type { PlanCheck } from '#shared/contract/agent/operations';
import { fail } from '#shared/contract/errors';
import { KeptLog, member, StagedMembership } from './agent';
import { eventually } from './etcd';
import { sweptFolder } from './temp-folder';

const what = z.strictObject({ what: z.string() });
const moveLook = defineHand({
  name: 'move/look',
  changes: false,
  input: what,
  output: z.object({ isThere: z.boolean() }),
});
export const moveSet = defineHand({
  name: 'move/set',
  changes: true,
  input: what.extend({ isThere: z.boolean() }),
  output: z.object({ isThere: z.boolean() }),
});

/** What the nodes of a fleet have, and what shall go wrong there. */
export class Ground {
  /** as `a1 controller` */
  readonly there = new Set<string>(['a1 controller']);
  /** how often each was brought about, as `a2 controller` */
  readonly made = new Map<string, number>();
  /** what is waited for before the old one may go */
  readonly busy = new Set<string>();
  readonly failing = new Map<string, string>();
  /** how long is waited for what is busy, before a person is asked */
  patienceMs = 60_000;
  /** facts a plan rests on, and what is checked before */
  facts: Record<string, string | number> = { controller: 'a1' };
  checks: PlanCheck[] = [];
  broken: string | null = null;
  /** called within each change, before it happens */
  before: (node: string, what: string, signal: AbortSignal) => Promise<void> = async () =>
    undefined;
  /** how long a submission takes; null: it fails; undefined: nothing is measured */
  submission: number | null | undefined = 5;

  async set(node: string, name: string, isThere: boolean, signal: AbortSignal): Promise<void> {
    await this.before(node, name, signal);
    signal.throwIfAborted();
    const key = `${node} ${name}`;
    const refusal = this.failing.get(key);
    if (refusal !== undefined) throw fail('TASK_FAILED', { remedy: 'Mend it.' }, refusal);
    if (this.there.has(key) === isThere) return;
    if (isThere) {
      this.there.add(key);
      this.made.set(key, (this.made.get(key) ?? 0) + 1);
    } else this.there.delete(key);
    const holders = [...this.there].filter((one) => one.endsWith(' controller'));
    if (holders.length > 1) this.broken ??= `Two controllers: ${holders.join(', ')}`;
  }
}

/** Moves the controller from a1 to another node: drain, stop, start (the pivot), settle. */
class Moving implements OperationKind {
  readonly kind = 'moving';
  readonly version: number;
  readonly #ground: Ground;
  readonly #hands: Hands;

  constructor(ground: Ground, hands: Hands, version: number) {
    this.version = version;
    this.#ground = ground;
    this.#hands = hands;
  }

  async draft(params: Record<string, unknown>): Promise<Draft> {
    const none = { count: 0, items: [] };
    return {
      title: 'Controller: a1 to a2',
      params: z.record(z.string(), z.json()).parse({ from: 'a1', to: 'a2', ...params }),
      facts: { ...this.#ground.facts },
      procedure: 'A',
      reason: 'There is only one way.',
      checks: this.#ground.checks,
      expectedPauseMs: 500,
      blast: { goesOn: none, waits: none, cannot: none },
      irreversible: [],
      confirm: 'a2',
      rollbackMs: 60_000,
    };
  }

  pulse = async () => this.#ground.submission;

  steps(params: Readonly<Record<string, unknown>>): readonly PlannedStep[] {
    const { from, to } = z.object({ from: z.string(), to: z.string() }).parse(params);
    const drained: StepDefinition['verify'] = async ({ waiting }) => {
      const [blocker] = this.#ground.busy;
      if (blocker !== undefined) waiting(blocker, 0.5);
      return blocker === undefined ? null : `${blocker} to end`;
    };
    const drain = this.#step('drain', from, 'drained', true);
    return [
      { ...drain, verify: drained, asks: true, deadlineMs: this.#ground.patienceMs },
      this.#step('stop', from, 'controller', false),
      { ...this.#step('start', to, 'controller', true), class: 'pivot', urgent: true },
      this.#step('settle', to, 'settled', true),
    ];
  }

  #step(id: string, node: string, name: string, isThere: boolean): PlannedStep {
    const look = async (context: StepContext) =>
      (await this.#hands.call(`id-${node}`, moveLook, { what: name }, context)).isThere;
    const set = (context: StepContext, wanted: boolean) =>
      this.#hands.call(`id-${node}`, moveSet, { what: name, isThere: wanted }, context);
    return {
      id,
      title: `${id} on ${node}`,
      detail: `It happens on ${node}.`,
      class: 'idempotent',
      expectedMs: 50,
      deadlineMs: 8_000,
      probe: async (context) => ((await look(context)) === isThere ? 'done' : 'absent'),
      do: async (context) => {
        await set(context, isThere);
        if (id === 'start') context.keep('jobsKnown', 3);
        if (id === 'settle') context.keep('jobsFound', 3);
      },
      verify: async (context) => ((await look(context)) === isThere ? null : `${name} on ${node}`),
      undo: async (context) => {
        await set(context, !isThere);
      },
    };
  }
}

export interface FleetNode {
  name: string;
  operations: NodeOperations;
  log: KeptLog;
  state: State;
  /** Ends the agent: gracefully, or as by a power cut (its lease runs out, it answers nobody). */
  stop(how: 'closed' | 'killed'): Promise<void>;
}

export interface Fleet {
  ground: Ground;
  nodes: FleetNode[];
  node(name: string): FleetNode;
  /** Starts the agent anew, on its own disk. */
  restart(name: string): FleetNode;
  /** The node that coordinates now. */
  coordinator(): Promise<FleetNode>;
}

export interface FleetWish {
  names?: readonly string[];
  /** a state of its own for each node, over whatever they share */
  state?: () => State;
  /** of the steps that a node knows, by name; 1 where it is left out */
  versions?: Record<string, number>;
  /** waits on the line between two nodes; may throw */
  line?: (from: string, to: string) => Promise<void>;
}

/** Several agents' operations over one shared state; hands are called as over the network. */
export function stageFleet(wish: FleetWish = {}): Fleet {
  const names = wish.names ?? ['a1', 'a2', 'a3'];
  const ground = new Ground();
  const store = wish.state === undefined ? new SqliteStore(':memory:', systemClock) : null;
  const stateOf = () => wish.state?.() ?? createSqliteState(required(store), systemClock);
  const folders = new Map(names.map((name) => [name, join(sweptFolder(), name)]));
  const up = new Map<string, FleetNode & { routes: PeerRoute[] }>();

  const peersOf = (from: string): Peers => ({
    async call(to, _method, path, { body, deadlineMs, signal }) {
      await wish.line?.(from, to.name);
      const target = up.get(to.name);
      const route = target?.routes.find((one) => one.path === path);
      if (route === undefined) {
        throw fail('CONNECTION_REFUSED', { remedy: 'Start the agent there.', endpoint: to.name });
      }
      const deadline = AbortSignal.timeout(deadlineMs);
      const until = signal === undefined ? deadline : AbortSignal.any([signal, deadline]);
      const request = {
        method: 'POST',
        target: path,
        fingerprint: 'AA',
        address: '127.0.0.1',
        body: structuredClone(body),
        signal: until,
      };
      const caller = { id: `id-${from}`, name: from, fingerprint: 'AA' };
      const { promise: over, reject } = Promise.withResolvers<never>();
      until.addEventListener('abort', () => {
        const lost = { remedy: 'Look whether it was done.', outcome: 'unknown' as const };
        reject(fail(deadline.aborted ? 'TIMEOUT' : 'ABORTED', lost));
      });
      const answer = await Promise.race([route.handle(request, caller), over]);
      // the node died before its answer was out
      if (up.get(to.name) !== target) {
        throw fail('UNREACHABLE', { remedy: 'Start it.', outcome: 'unknown' });
      }
      return structuredClone(answer.body);
    },
  });

  const start = (name: string): FleetNode => {
    const others = names.filter((one) => one !== name).map((one) => member(one));
    const membership = new StagedMembership(member(name), others);
    const log = new KeptLog();
    const state = stateOf();
    const parts = (hands: Hands): OperationParts => ({
      hands: [
        handRoute(moveLook, async (input) => ({
          isThere: ground.there.has(`${name} ${input.what}`),
        })),
        handRoute(moveSet, async (input, { signal, log: say }) => {
          await ground.set(name, input.what, input.isThere, signal);
          say(`${input.what}: ${input.isThere}`);
          return { isThere: input.isThere };
        }),
      ],
      handoffs: [],
      kinds: [new Moving(ground, hands, wish.versions?.[name] ?? 1)],
    });
    const operations = createNodeOperations({
      clock: systemClock,
      logger: log,
      state,
      membership,
      peers: peersOf(name),
      folder: folders.get(name) ?? null,
      parts: [parts],
    });
    operations.start();
    const node = {
      name,
      operations,
      log,
      state,
      routes: operations.routes,
      async stop(how: 'closed' | 'killed') {
        if (up.get(name) !== node) return;
        up.delete(name);
        if (how === 'killed') {
          // without a word to the state: its lease must run out by itself
          await state.close();
        }
        await operations.close();
        if (how === 'closed') await state.close();
      },
    };
    up.set(name, node);
    return node;
  };

  for (const name of names) start(name);
  onTestFinished(async () => {
    await Promise.all([...up.values()].map((node) => node.stop('closed')));
    store?.close();
  });
  const nodeOf = (name: string) => required(up.get(name) ?? null);
  return {
    ground,
    get nodes() {
      return [...up.values()];
    },
    node: nodeOf,
    restart: start,
    async coordinator() {
      let found: FleetNode | undefined;
      await eventually(async () => {
        const [any] = up.values();
        const leader = await required(any ?? null).state.leader('operations');
        const proclaimed = z.object({ name: z.string() }).safeParse(leader?.value).data;
        found = up.get(proclaimed?.name ?? '');
        return found !== undefined;
      }, 'some node coordinates');
      return required(found ?? null);
    },
  };
}

function required<T>(value: T | null): T {
  if (value === null) throw new Error('It is not there');
  return value;
}
