import { z } from 'zod';
import { Failure, fail } from '#shared/contract/errors';
import type { PeerRequest, PeerResponse } from '../../api/types';
import type { PeerCaller, PeerRoute } from '../../membership/peer-types';
import type { Clock, Logger } from '../../ports';
import type { Fence } from './fence';
import type { HandRoute } from './types';
import { HAND_PATH, type HandAnswer, type HandRequest, handRequest } from './wire';

const MAX_LINES = 200;
const MAX_LINE = 2_000;
/** How long a call waits until one that was given up has let go. */
const LET_GO_MS = 10_000;

interface Deps {
  routes: readonly HandRoute[];
  fence: Fence;
  clock: Clock;
  logger: Logger;
}

interface Running {
  epoch: number;
  number: number;
  superseded: AbortController;
  ended: Promise<unknown>;
}

/**
 * What this node does for operations. It obeys the newest coordinator only: a call under a lower
 * epoch, or one that its coordinator gave up, is refused, and where such a one runs still, it is told
 * to stop and waited for, before the newer one looks or acts.
 */
export class HandRunner {
  readonly #deps: Deps;
  readonly #routes: ReadonlyMap<string, HandRoute>;
  readonly #running = new Set<Running>();
  #floor = { epoch: 0, number: 0 };

  /** @throws where two hands have one name */
  constructor(deps: Deps) {
    this.#deps = deps;
    this.#routes = new Map(deps.routes.map((route) => [route.hand.name, route]));
    if (this.#routes.size < deps.routes.length) throw new Error('Two hands have the same name');
  }

  /** for the peers' part of the API */
  get route(): PeerRoute {
    return {
      method: 'POST',
      path: HAND_PATH,
      access: 'member',
      handle: (request, caller) => this.answer(request, caller),
    };
  }

  /** @throws Failure INVALID_INPUT for what is no call */
  async answer(
    { body, signal }: Pick<PeerRequest, 'body' | 'signal'>,
    caller: PeerCaller | null,
  ): Promise<PeerResponse> {
    const asked = handRequest.safeParse(body);
    if (!asked.success) {
      throw fail('INVALID_INPUT', { remedy: SAME_VERSION }, 'This is no call of a hand.');
    }
    this.#deps.logger.debug(
      { hand: asked.data.hand, epoch: asked.data.epoch, caller: caller?.name },
      'A coordinator calls',
    );
    return { status: 200, body: await this.run(asked.data, signal) };
  }

  /** @returns also failures that are expected. @throws what nobody expects */
  async run(asked: HandRequest, signal: AbortSignal): Promise<HandAnswer> {
    const log: string[] = [];
    const keep = (line: string) => {
      if (log.length < MAX_LINES) log.push(line.slice(0, MAX_LINE));
    };
    try {
      const output = await this.#run(asked, signal, keep);
      return { ok: true, output, log };
    } catch (error) {
      if (!(error instanceof Failure)) {
        this.#deps.logger.error({ error, hand: asked.hand }, 'A hand failed unexpectedly');
      }
      const failure = error instanceof Failure ? error : unexpected(asked.hand);
      return { ok: false, failure: failure.view(), log };
    }
  }

  /** Tells those that run to stop, and waits for them. */
  async close(): Promise<void> {
    await this.#letGo([...this.#running]);
  }

  async #run(asked: HandRequest, signal: AbortSignal, log: (line: string) => void) {
    const route = this.#routes.get(asked.hand);
    if (route === undefined) throw unknownHand(asked.hand);
    const { hand } = route;
    const input = hand.input.safeParse(asked.input);
    if (!input.success) {
      throw fail('INVALID_INPUT', { remedy: SAME_VERSION }, `${hand.name} is not asked like that.`);
    }
    if (asked.epoch === 0 && hand.changes) {
      const remedy = 'Approve a plan; the agents then carry it out.';
      throw fail('CONFIRMATION_REQUIRED', { remedy }, `${hand.name} is for operations only.`);
    }
    const superseded = new AbortController();
    const ended = Promise.withResolvers<void>();
    const self: Running = { ...asked, superseded, ended: ended.promise };
    try {
      if (asked.epoch > 0) await this.#admit(self, asked.floor);
      const until = AbortSignal.any([signal, superseded.signal]);
      until.throwIfAborted();
      const { operation, epoch } = asked;
      const output = await route.run(asked.input, { operation, epoch, log, signal: until });
      return z.json().parse(hand.output.parse(output) ?? null);
    } catch (error) {
      if (error instanceof Failure || !(signal.aborted || superseded.signal.aborted)) throw error;
      throw superseded.signal.aborted ? givenUp() : stopped();
    } finally {
      this.#running.delete(self);
      ended.resolve();
    }
  }

  /** Behind it, nothing older acts any more. */
  async #admit(self: Running, floor: number): Promise<void> {
    const { fence } = this.#deps;
    await fence.admit(self.epoch);
    // another may have come while this one was written down
    if (self.epoch < fence.highest) throw givenUp();
    if (self.epoch > this.#floor.epoch) this.#floor = { epoch: self.epoch, number: 0 };
    if (self.number < this.#floor.number) throw givenUp();
    this.#floor.number = Math.max(this.#floor.number, floor);
    this.#running.add(self);
    const older = [...this.#running].filter(
      ({ epoch, number }) =>
        epoch < self.epoch || (epoch === self.epoch && number < this.#floor.number),
    );
    if (!(await this.#letGo(older))) throw busy();
    if (self.superseded.signal.aborted) throw givenUp();
  }

  /** @returns whether all have ended */
  async #letGo(those: readonly Running[]): Promise<boolean> {
    if (those.length === 0) return true;
    for (const { superseded } of those) superseded.abort(givenUp());
    const patience = new AbortController();
    const late = this.#deps.clock.sleep(LET_GO_MS, patience.signal).then(
      () => false,
      () => true,
    );
    const all = Promise.all(those.map(({ ended }) => ended)).then(() => true);
    const haveEnded = await Promise.race([all, late]);
    patience.abort();
    return haveEnded;
  }
}

const SAME_VERSION = 'Install the same version of the agent everywhere.';

const unknownHand = (name: string) =>
  fail('UNSUPPORTED', { remedy: SAME_VERSION }, `This node has no ${name}.`);

const givenUp = () =>
  fail(
    'REVISION_CHANGED',
    { remedy: 'Nothing to do: the newer call counts.' },
    'The call was given up, or another node coordinates by now.',
  );

const stopped = () => fail('ABORTED', { remedy: 'Look at what is there.' }, 'The call was ended.');

const busy = () =>
  fail(
    'TIMEOUT',
    { remedy: 'It is looked at again.' },
    'Something that was begun earlier is not over on this node.',
  );

const unexpected = (hand: string) =>
  fail(
    'SERVER_ERROR',
    { remedy: 'The log of the agent there tells more.' },
    `${hand} failed unexpectedly.`,
  );
