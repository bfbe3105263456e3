import { isOver, type OperationAnswer } from '#shared/contract/agent/operations';
import type {
  ClusterOperationView,
  Hearing,
  OperationPlace,
} from '#shared/contract/cluster-operations';
import { Failure, fail } from '#shared/contract/errors';
import { Channel } from '../../events';
import type { Clock, Logger } from '../../ports';
import type { AgentClient } from '../types';
import { readAnswer } from './read';
import type { Heard } from './records';

export interface FollowerDeps {
  clock: Clock;
  logger: Logger;
  /** the cluster's present client, which may change meanwhile. @throws Failure */
  client(): Pick<AgentClient, 'get' | 'events'>;
  known(): Promise<Heard | null>;
  /** hears all that is heard. @returns false where something newer is known already */
  onAnswer(answer: OperationAnswer): boolean;
}

/** An agent answers from what it knows; a dead one must not hold up the way to the next. */
const LOOK_MS = 3_000;
/** After so long without a word it is asked whether it is still there. */
const QUIET_MS = 3_000;
/** Agents say at least every 15 s that they are still there. */
const SILENCE_MS = 25_000;
const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 5_000;
/** One that has ended changes only when a rollback is asked for. */
const OVER_PAUSE_MS = 5_000;
/** All of an operation, as one event. */
const MAX_CHARS = 16 * 1024 * 1024;

/**
 * Follows one operation through whichever agent answers. Each round looks first, which goes on to
 * another agent where one is gone, and then listens to the agent that answered.
 */
export class Follower {
  readonly changes: Channel<void>;
  readonly #place: OperationPlace;
  readonly #deps: FollowerDeps;
  readonly #path: string;
  readonly #end = new AbortController();
  #answer: OperationAnswer | null = null;
  #hearing: Hearing = { state: 'connecting', heardAt: null, endpoint: null, failure: null };
  #waker = new AbortController();
  #run: Promise<void> = Promise.resolve();

  constructor(place: OperationPlace, deps: FollowerDeps) {
    this.#place = place;
    this.#deps = deps;
    this.#path = `/api/v1/operations/${place.id}`;
    this.changes = new Channel((error) =>
      deps.logger.error({ error }, 'A watcher of an operation failed'),
    );
  }

  /** What is known now. */
  view(): ClusterOperationView {
    return { ...this.#place, answer: this.#answer, hearing: this.#hearing };
  }

  /** Shows what was last known and begins to follow. */
  async start(): Promise<void> {
    const known = await this.#deps.known();
    if (known !== null && this.#answer === null) {
      this.#answer = known.answer;
      this.#hearing = { ...this.#hearing, heardAt: known.heardAt };
    }
    this.#run = this.#follow(this.#end.signal);
  }

  /** Something was asked of it: look at once. */
  nudge(): void {
    this.#waker.abort();
  }

  async close(): Promise<void> {
    this.#end.abort();
    await this.#run;
  }

  async #follow(signal: AbortSignal): Promise<void> {
    let pauseMs = FIRST_PAUSE_MS;
    while (!signal.aborted) {
      const startedAt = this.#deps.clock.now();
      const isHeard = await this.#tried(this.#look(signal), (error) => this.#lost(error));
      if (this.#isOver()) pauseMs = OVER_PAUSE_MS;
      // a stream that fails is no loss yet: looks go on, and tell which agents still answer
      else if (isHeard) await this.#tried(this.#listen(signal), this.#logged);
      // what held for a while was a good connection: the next try comes soon
      const held = this.#deps.clock.now() - startedAt >= LONGEST_PAUSE_MS;
      if (held && !this.#isOver()) pauseMs = FIRST_PAUSE_MS;
      await this.#rest(pauseMs, signal);
      pauseMs = Math.min(LONGEST_PAUSE_MS, pauseMs * 1.6);
    }
  }

  async #look(signal: AbortSignal): Promise<void> {
    const options = { signal, deadlineMs: LOOK_MS };
    const { data, endpoint } = await this.#deps.client().get(this.#path, options);
    signal.throwIfAborted();
    this.#heard(readAnswer(data, endpoint), endpoint);
  }

  /** Until the stream ends, is found to be dead, or lags behind what other agents tell. */
  async #listen(signal: AbortSignal): Promise<void> {
    const ended = new AbortController();
    const until = AbortSignal.any([signal, ended.signal]);
    const { endpoint } = this.#hearing;
    const broken = Promise.withResolvers<never>();
    const hear = (data: unknown) => {
      try {
        if (!until.aborted) this.#heard(readAnswer(data, endpoint ?? ''), endpoint);
      } catch (error) {
        broken.reject(error);
      }
    };
    const stream = this.#deps.client().events(hear, until, {
      path: `${this.#path}/events`,
      silenceMs: SILENCE_MS,
      maxChars: MAX_CHARS,
    });
    const quiet = this.#mind(until);
    try {
      await Promise.race([stream, quiet, broken.promise]);
    } finally {
      ended.abort();
      await Promise.allSettled([stream, quiet]);
    }
  }

  /** Looks where nothing was heard for a while; settles when the stream is not worth listening to. */
  async #mind(signal: AbortSignal): Promise<void> {
    const { clock } = this.#deps;
    while (!signal.aborted) {
      const heardAt = this.#hearing.heardAt ?? 0;
      const left = heardAt + QUIET_MS - clock.now();
      if (left > 0) {
        await clock.sleep(left, signal).catch(() => undefined);
        continue;
      }
      const serial = this.#answer?.operation.serial;
      await this.#look(signal);
      if (this.#answer?.operation.serial !== serial) return;
    }
  }

  #heard(answer: OperationAnswer, endpoint: string | null): void {
    const wasOver = this.#hearing.state === 'live' && this.#isOver();
    const before = this.#answer?.operation.serial;
    // another agent may lag behind what was heard already
    if (this.#deps.onAnswer(answer)) this.#answer = answer;
    this.#hearing = { state: 'live', heardAt: this.#deps.clock.now(), endpoint, failure: null };
    // one that has ended has nothing to tell but its next write
    if (!wasOver || answer.operation.serial !== before) this.changes.emit();
  }

  /** @returns whether it went well */
  async #tried(work: Promise<void>, onFailure: (error: unknown) => void): Promise<boolean> {
    try {
      await work;
      return true;
    } catch (error) {
      if (!this.#end.signal.aborted) onFailure(error);
      return false;
    }
  }

  readonly #logged = (error: unknown): void => {
    if (error instanceof Failure) return;
    this.#deps.logger.error({ error }, 'Following an operation failed unexpectedly');
  };

  #lost(error: unknown): void {
    this.#logged(error);
    const failure =
      error instanceof Failure
        ? error
        : fail('SERVER_ERROR', { remedy: 'The log has the details.' });
    const { heardAt } = this.#hearing;
    this.#hearing = { state: 'lost', heardAt, endpoint: null, failure: failure.view() };
    this.changes.emit();
  }

  #isOver(): boolean {
    return this.#answer !== null && isOver(this.#answer.operation);
  }

  async #rest(ms: number, signal: AbortSignal): Promise<void> {
    this.#waker = new AbortController();
    const until = AbortSignal.any([signal, this.#waker.signal]);
    await this.#deps.clock.sleep(ms, until).catch(() => undefined);
  }
}
