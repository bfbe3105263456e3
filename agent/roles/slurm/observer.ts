import { Failure } from '#shared/contract/errors';
import { Followed } from '../../facts/followed';
import type { Membership } from '../../membership/types';
import type { Clock, Commands, Logger } from '../../ports';
import type { State } from '../../state/types';
import { look } from './look';
import { inControl, pingControllers } from './ping';
import {
  isSame,
  LOOK_KEY,
  packSeen,
  SEEN_KEY,
  type Seen,
  type ToldLook,
  type ToldSeen,
  toldLook,
  toldSeen,
  unpackSeen,
} from './told';

export interface ObserverDeps {
  commands: Commands;
  state: Pick<State, 'commit' | 'leader' | 'list' | 'revision' | 'watch'>;
  membership: Pick<Membership, 'members' | 'self'>;
  clock: Clock;
  logger: Logger;
  /** whether this node can reach SLURM at all: its configuration is written */
  isReady(): boolean;
}

const BUSY_MS = 2_000;
/** of each command */
const LOOK_MS = 5_000;
const LONG_LOOK_MS = 12_000;
/** A worker is about to appear. */
const WAITING_MS = 1_000;
/** A member that SLURM did not come to know in that time is not waited for any more. */
const APPEAR_MS = 60_000;
const IDLE_MS = 5_000;
/** A look may take this share of the time, so that a slow SLURM is asked less. */
const MOST_SHARE = 0.05;
/** but not less than so: what is slow because a machine is dead must be seen to change */
const SLOW_MS = 8_000;
/** What is told is older than that: the one who looks is gone or cut off. */
const OLD_MS = 12_000;
/** Later for each further node, so that one takes over and not all. */
const RANK_MS = 2_000;
/** Writing much is done more seldom: that many bytes a second. */
const BYTES_PER_S = 25_000;
/** Another one in control is noticed by squeue failing, or else after as many looks. */
const PING_EVERY = 3;

/**
 * Looks at SLURM for all nodes: the elected controller does, or else the first of those that can.
 * The others read what it told. Where nothing fresh is told, as without quorum, each looks itself.
 */
export class Observer {
  readonly #deps: ObserverDeps;
  readonly #ends = new AbortController();
  readonly #listeners = new Set<() => void>();
  readonly #looks: Followed<ToldLook>;
  readonly #seens: Followed<ToldSeen>;
  #work: Promise<unknown>[] = [];
  #turn: Promise<unknown> = Promise.resolve();
  #startedAt = 0;
  #look: ToldLook | null = null;
  #seen: Seen | null = null;
  /** what was last written by this node, and when it may write again */
  #told: { at: number; untilMs: number } | null = null;
  /** what all nodes know, as it stands in the state */
  #known: Seen | null = null;
  /** clients try the first controller for some seconds, so that they take long where it is dead */
  #isBehindDead = false;
  #sincePing = PING_EVERY;

  constructor(deps: ObserverDeps) {
    this.#deps = deps;
    const follow = { state: deps.state, clock: deps.clock, logger: deps.logger };
    this.#looks = new Followed(follow, LOOK_KEY, toldLook, (_key, told) => {
      if (told !== null && told.triedAt > (this.#look?.triedAt ?? 0)) this.#take(told, null);
    });
    this.#seens = new Followed(follow, SEEN_KEY, toldSeen, (_key, told) => {
      if (told === null) return;
      const seen = this.#unpacked(told);
      this.#known = seen;
      if (told.at > (this.#seen?.at ?? 0)) this.#take(null, seen);
    });
  }

  /** the last one; `triedAt` is later than `asOf` where the last look failed */
  get look(): ToldLook | null {
    return this.#look;
  }

  get seen(): Seen | null {
    return this.#seen;
  }

  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  start(): void {
    const { signal } = this.#ends;
    this.#startedAt = this.#deps.clock.now();
    this.#work = [this.#looks.follow(signal), this.#seens.follow(signal), this.#loop(signal)];
  }

  async close(): Promise<void> {
    this.#ends.abort();
    await Promise.allSettled(this.#work);
  }

  /** Looks at once, as after an action, and tells the others. @returns whether jobs or nodes changed */
  lookNow(): Promise<boolean> {
    // one look at a time, whoever asks
    const mine = this.#turn.then(() => this.#lookOnce());
    this.#turn = mine.catch(() => undefined);
    return mine;
  }

  async #loop(signal: AbortSignal): Promise<void> {
    const { clock, logger } = this.#deps;
    let pauseMs = 0;
    while (!signal.aborted) {
      await clock.sleep(pauseMs, signal).catch(() => undefined);
      if (signal.aborted) return;
      pauseMs = IDLE_MS;
      if (!this.#deps.isReady() || !(await this.#isMine())) continue;
      const begun = clock.monotonic();
      const isBusy = await this.lookNow().catch((error: unknown) => {
        logger.error({ error }, 'SLURM could not be looked at');
        return false;
      });
      const slowMs = (clock.monotonic() - begun) / MOST_SHARE;
      const soonMs = this.#isWaiting() ? WAITING_MS : isBusy ? BUSY_MS : IDLE_MS;
      pauseMs = Math.max(soonMs, Math.min(SLOW_MS, slowMs));
    }
  }

  /** Whether a worker joined that SLURM does not know yet. */
  #isWaiting(): boolean {
    const { membership, clock } = this.#deps;
    const known = new Set(this.#seen?.nodes.map(({ name }) => name));
    return membership.members().some(({ name, status, roles, joinedAt }) => {
      const isNew = clock.now() - joinedAt * 1000 < APPEAR_MS;
      return isNew && status === 'alive' && roles.includes('slurm-worker') && !known.has(name);
    });
  }

  /** Whether this node is the one that looks now. */
  async #isMine(): Promise<boolean> {
    const { state, membership, clock } = this.#deps;
    const { self } = membership;
    const found = await state.leader('slurm-controller', { stale: true }).catch(() => null);
    const able = membership
      .members()
      .filter(({ id, status, authenticated, roles }) => {
        const isHere = id === self.id || (authenticated && status === 'alive');
        return isHere && roles.some((role) => role.startsWith('slurm-'));
      })
      .map(({ id }) => id)
      .toSorted();
    const leader = leaderId(found?.value);
    const order = able.toSorted((a, b) => Number(b === leader) - Number(a === leader));
    const rank = Math.max(0, order.indexOf(self.id));
    if (rank === 0) return true;
    const ageMs = clock.now() - (this.#look?.triedAt ?? this.#startedAt);
    if (ageMs > OLD_MS + rank * RANK_MS) return true;
    // it took over and the state takes nothing: it goes on for itself
    return this.#look?.observer === self.id && !this.#isTold();
  }

  /** whether what this node saw last reached the others */
  #isTold(): boolean {
    return this.#told !== null && this.#told.at >= (this.#look?.triedAt ?? 0);
  }

  async #lookOnce(): Promise<boolean> {
    const { commands, membership, clock } = this.#deps;
    const { signal } = this.#ends;
    const triedAt = clock.now();
    const observer = membership.self.id;
    let primary = this.#look?.primary ?? null;
    try {
      if (this.#sincePing >= PING_EVERY || primary === null) {
        primary = await this.#inControl();
        this.#sincePing = 0;
      }
      this.#sincePing += 1;
      if (primary === null) {
        return await this.#failed(triedAt, null, 'No SLURM controller answers.');
      }
      const deadlineMs = this.#isBehindDead ? LONG_LOOK_MS : LOOK_MS;
      const found = await look(commands, { deadlineMs, signal });
      const now: Seen = { ...found, at: triedAt, jobCount: found.jobs.length };
      const hasChanged = this.#seen === null || !isSame(this.#seen, now);
      this.#take({ observer, asOf: triedAt, triedAt, trouble: null, primary }, now);
      await this.#tell(now);
      return hasChanged;
    } catch (error) {
      if (signal.aborted) return false;
      if (!(error instanceof Failure)) throw error;
      this.#sincePing = PING_EVERY;
      // what failed may be the primary itself: it is asked again before it is named again
      return await this.#failed(triedAt, primary, error.message);
    }
  }

  /** A controller on a dead machine is one that does not answer in time. */
  async #inControl(): Promise<string | null> {
    try {
      const pinged = await pingControllers(this.#deps.commands);
      this.#isBehindDead = pinged[0]?.up === false;
      return inControl(pinged);
    } catch (error) {
      if (error instanceof Failure && error.code === 'TIMEOUT') return null;
      throw error;
    }
  }

  async #failed(triedAt: number, primary: string | null, trouble: string): Promise<false> {
    const observer = this.#deps.membership.self.id;
    const asOf = this.#look?.asOf ?? null;
    this.#take({ observer, asOf, triedAt, trouble, primary }, null);
    await this.#tell(null);
    return false;
  }

  /** Writes what was seen where it changed; a state that takes nothing loses nothing but time. */
  async #tell(seen: Seen | null): Promise<void> {
    const { state, clock, logger } = this.#deps;
    if (this.#look === null) return;
    const isChanged =
      seen !== null &&
      clock.monotonic() >= (this.#told?.untilMs ?? 0) &&
      (this.#known === null || !isSame(this.#known, seen));
    const packed = isChanged ? packSeen(seen) : null;
    try {
      await state.commit(
        [],
        [
          { key: LOOK_KEY, put: this.#look },
          ...(packed === null ? [] : [{ key: SEEN_KEY, put: packed }]),
        ],
      );
      const costMs = packed === null ? 0 : (packed.jobs.length / BYTES_PER_S) * 1000;
      const untilMs = packed === null ? (this.#told?.untilMs ?? 0) : clock.monotonic() + costMs;
      this.#told = { at: this.#look.triedAt, untilMs };
      if (packed !== null) this.#known = seen;
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      logger.debug({ code: error.code }, 'What was seen of SLURM could not be told');
    }
  }

  #unpacked(told: ToldSeen): Seen | null {
    try {
      return unpackSeen(told);
    } catch (error) {
      this.#deps.logger.warn({ error }, 'What another node told of SLURM cannot be read');
      return null;
    }
  }

  #take(told: ToldLook | null, seen: Seen | null): void {
    if (told !== null) this.#look = told;
    if (seen !== null) this.#seen = seen;
    for (const listener of this.#listeners) listener();
  }
}

function leaderId(value: unknown): string | null {
  const isNamed = typeof value === 'object' && value !== null && 'nodeId' in value;
  return isNamed && typeof value.nodeId === 'string' ? value.nodeId : null;
}
