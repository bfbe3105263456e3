import { z } from 'zod';
import { type AgentOperation, isOver } from '#shared/contract/agent/operations';
import { Failure } from '#shared/contract/errors';
import type { Member } from '../../membership/types';
import type { Clock, Logger } from '../../ports';
import type { Leadership, State } from '../../state/types';
import { Engine } from '../engine/engine';
import { Journal, type Lead, LeadLost } from '../engine/journal';
import { OperationLog } from '../engine/log';
import { fits } from '../engine/types';
import type { OperationKind } from '../types';
import { ProgressBoard, readProgress } from './progress';
import { Pulse } from './pulse';
import { Tidying } from './tidying';

const ELECTION = 'operations';
const FOLDER = `elections/${ELECTION}/`;
/** So long nobody carries on after a coordinator died. */
const LEASE_MS = 5_000;
const FIRST_RETRY_MS = 500;
const LONGEST_RETRY_MS = 30_000;
/** A look at whether others stand now, where this node should not coordinate. */
const ASIDE_MS = 1_000;

const candidate = z.object({ name: z.string() });
const avoided = z.array(z.string()).catch([]);

interface Deps {
  state: State;
  kinds: readonly OperationKind[];
  self(): Pick<Member, 'id' | 'name' | 'address'>;
  clock: Clock;
  logger: Logger;
}

/**
 * This node's part in carrying operations out. Every agent stands for election; the one that leads
 * goes on with whatever is under way, and steps aside where the operation takes its own node away.
 */
export class Coordinator {
  readonly #deps: Deps;
  readonly #journal: Journal;
  readonly #ends = new AbortController();
  #work: Promise<void> = Promise.resolve();

  constructor(deps: Deps) {
    this.#deps = deps;
    this.#journal = new Journal(deps.state);
  }

  /** Begins to stand; needs the shared state. */
  start(): void {
    this.#work = this.#run();
  }

  /** Stops in the middle of whatever it does; another node goes on by looking at what is there. */
  async close(): Promise<void> {
    this.#ends.abort();
    await this.#work;
  }

  async #run(): Promise<void> {
    const { logger, clock } = this.#deps;
    const { signal } = this.#ends;
    let pauseMs = FIRST_RETRY_MS;
    while (!signal.aborted) {
      try {
        await this.#stand(() => {
          pauseMs = FIRST_RETRY_MS;
        });
      } catch (error) {
        if (signal.aborted) return;
        const isExpected = error instanceof Failure || error instanceof LeadLost;
        logger[isExpected ? 'info' : 'error']({ error }, 'Coordinating operations ended');
      }
      await clock.sleep(pauseMs, signal).catch(() => undefined);
      pauseMs = Math.min(LONGEST_RETRY_MS, pauseMs * 2);
    }
  }

  /** One candidacy, to its end. */
  async #stand(onLead: () => void): Promise<void> {
    const { state, self, logger, kinds, clock } = this.#deps;
    await this.#untilWelcome();
    const lease = await state.lease(LEASE_MS);
    try {
      const ends = AbortSignal.any([this.#ends.signal, lease.lost]);
      const { id, name, address } = self();
      const value = { nodeId: id, name, address };
      const leadership = await state.campaign(ELECTION, value, lease, ends);
      logger.info({ epoch: leadership.epoch }, 'This node coordinates operations');
      const lead = { key: FOLDER + lease.id, epoch: leadership.epoch };
      const over = new AbortController();
      const lost = AbortSignal.any([ends, leadership.lost, over.signal]);
      const tidying = new Tidying({ journal: this.#journal, kinds, clock, logger });
      const isTidy = tidying.run(lead, lost);
      try {
        await this.#lead(leadership, lead, lost, onLead);
      } finally {
        over.abort();
        await isTidy;
      }
    } finally {
      // whoever comes next begins at once
      await lease.release().catch(() => undefined);
    }
  }

  async #lead(
    leadership: Leadership,
    lead: Lead,
    lost: AbortSignal,
    onLead: () => void,
  ): Promise<void> {
    while (!lost.aborted) {
      const revision = await this.#journal.revision();
      const active = await this.#journal.active();
      onLead();
      if (active === null || isOver(active)) {
        await this.#journal.activeChange(revision, lost);
        continue;
      }
      if (this.#isForOthers(active) && (await this.#others()).length > 0) {
        this.#deps.logger.info({ operation: active.id }, 'Another node shall coordinate this');
        await leadership.resign();
        return;
      }
      const end = await this.#carryOut(active, lead, lost);
      if (isOver(end)) await this.#journal.prune();
      else await this.#deps.clock.sleep(LONGEST_RETRY_MS, lost);
    }
  }

  async #carryOut(active: AgentOperation, lead: Lead, lost: AbortSignal): Promise<AgentOperation> {
    const { state, kinds, clock, logger, self } = this.#deps;
    const log = new OperationLog(active.id, lead.epoch, active.serial, clock);
    const kind = kinds.find((one) => one.kind === active.kind);
    const pulse = await this.#pulse(active, kind, () => board.isLong);
    const board = new ProgressBoard({ state, clock, logger, lead, log, pulse }, active);
    const engine = new Engine({
      journal: this.#journal,
      definitions: new Map(kinds.map((one) => [one.kind, one])),
      clock,
      node: self().name,
      onChange: (operation) => board.show(operation),
    });
    const over = new AbortController();
    const telling = board.run(lost);
    const measuring = pulse?.run(AbortSignal.any([lost, over.signal]));
    try {
      return await engine.run(active.id, lead, lost, log);
    } finally {
      over.abort();
      await measuring;
      board.close();
      await telling;
    }
  }

  async #pulse(
    active: AgentOperation,
    kind: OperationKind | undefined,
    isLong: () => boolean,
  ): Promise<Pulse | null> {
    if (kind?.pulse === undefined) return null;
    const before = await readProgress(this.#deps.state, active.id);
    const measure = (signal: AbortSignal) =>
      kind.pulse?.(signal, active.params) ?? Promise.resolve(undefined);
    return new Pulse({ clock: this.#deps.clock, measure, isLong }, before?.pulse ?? null);
  }

  /** It takes this node away, or was begun by another version of the agent. */
  #isForOthers(operation: AgentOperation): boolean {
    const { kinds, self } = this.#deps;
    if (avoided.parse(operation.params['avoid']).includes(self().name)) return true;
    const kind = kinds.find((one) => one.kind === operation.kind);
    return !fits(kind, operation);
  }

  /** Names of the other nodes that stand. */
  async #others(): Promise<string[]> {
    const own = this.#deps.self().name;
    const entries = await this.#deps.state.list(FOLDER);
    return entries
      .flatMap(({ value }) => candidate.safeParse(value).data?.name ?? [])
      .filter((name) => name !== own);
  }

  /** While an operation is for others, it stands only where nobody else does. */
  async #untilWelcome(): Promise<void> {
    const { signal } = this.#ends;
    for (;;) {
      signal.throwIfAborted();
      const active = await this.#journal.active();
      if (active === null || isOver(active) || !this.#isForOthers(active)) return;
      if ((await this.#others()).length === 0) return;
      await this.#deps.clock.sleep(ASIDE_MS, signal);
    }
  }
}
