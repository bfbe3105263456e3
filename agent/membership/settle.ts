import type { Clock, Logger } from '../ports';
import type { HostAndPort } from './addresses';
import type { Gossip, GossipMember } from './gossip';
import type { KnockOutcome } from './knock';
import type { ProveAnswer } from './records';
import { readTags } from './serf/tags';

export interface SettleOptions {
  selfId: string;
  /** where this node's own gossip is, among the seeds too */
  own: HostAndPort;
  /** whether this node may found the cluster where nobody has one */
  mayFound: boolean;
  /** how long a founder asks before it takes silence for an answer */
  foundAfterMs: number;
  /** asked anew each round: tailscale's peers come and go */
  seeds(): Promise<readonly HostAndPort[]>;
  gossip: Gossip;
  knock(where: { address: string; port: number }, signal: AbortSignal): Promise<KnockOutcome>;
  /** what a person should read while it waits; null: nothing to say */
  onWaiting(message: { title: string; remedy: string } | null): void;
  clock: Clock;
  logger: Logger;
}

export type Found = { how: 'founded' } | { how: 'joined'; answer: Omit<ProveAnswer, 'proof'> };

const LEAST_PAUSE_MS = 150;
const ROUND_MS = 700;

/**
 * Finds the cluster: hears of its members by gossip and proves the cluster key to the first that
 * takes it. Only the founder, and only after every seed answered that it is no member or none
 * answered in time, founds. A sign that the cluster exists (a member's tag, a refusal) forbids it.
 */
export async function findCluster(options: SettleOptions, signal: AbortSignal): Promise<Found> {
  return new Search(options).run(signal);
}

class Search {
  readonly #options: SettleOptions;
  readonly #startedAt: number;
  #clusterExists = false;
  #said = '';

  constructor(options: SettleOptions) {
    this.#options = options;
    this.#startedAt = options.clock.monotonic();
  }

  async run(signal: AbortSignal): Promise<Found> {
    const { onWaiting } = this.#options;
    for (;;) {
      signal.throwIfAborted();
      const silent = await this.#contactSeeds();
      const candidates = this.#candidates();
      const outcomes: KnockOutcome[] = [];
      for (const where of candidates) {
        const outcome = await this.#options.knock(where, signal);
        if (outcome.kind === 'joined') {
          onWaiting(null);
          return { how: 'joined', answer: outcome.answer };
        }
        if (outcome.kind === 'refused') this.#clusterExists = true;
        outcomes.push(outcome);
      }
      if (this.#shouldFound(silent, outcomes)) {
        onWaiting(null);
        return { how: 'founded' };
      }
      this.#say(silent, outcomes);
      await this.#pause(signal);
    }
  }

  /** Until gossip tells something, and not for long. */
  async #pause(signal: AbortSignal): Promise<void> {
    const { clock, gossip } = this.#options;
    await clock.sleep(LEAST_PAUSE_MS, signal);
    const heard = Promise.withResolvers<void>();
    const stop = gossip.onLook(() => heard.resolve());
    await Promise.race([heard.promise, clock.sleep(ROUND_MS, signal)]).finally(stop);
  }

  /** @returns the seeds that do not answer */
  async #contactSeeds(): Promise<string[]> {
    const { gossip, own, seeds } = this.#options;
    const others = (await seeds()).filter(
      (seed) => !(seed.host === own.host && seed.port === own.port),
    );
    const answers = await Promise.all(
      others.map(async ({ host, port }) => {
        const isHeard = gossip
          .members()
          .some((one) => one.address === host && one.port === port && one.status === 'alive');
        const answered = isHeard || (await gossip.join(host, port).catch(() => false));
        return answered ? null : host;
      }),
    );
    return answers.filter((host) => host !== null);
  }

  /** Whom to ask: members; a founder asks everyone, since a tag may be older than its node. */
  #candidates(): { address: string; port: number }[] {
    const alive = this.#options.gossip.members().filter((one) => one.status === 'alive');
    const others = alive.flatMap((one) => this.#other(one));
    const members = others.filter((one) => one.settled);
    if (members.length > 0) this.#clusterExists = true;
    return members.length > 0 || !this.#options.mayFound ? members : others;
  }

  #other(one: GossipMember): { address: string; port: number; settled: boolean }[] {
    const tags = readTags(one.tags);
    if (tags === null || tags.id === this.#options.selfId) return [];
    return [{ address: one.address, port: tags.apiPort, settled: tags.settled }];
  }

  #isHeard(): boolean {
    return this.#options.gossip.members().some((one) => this.#other(one).length > 0);
  }

  #shouldFound(silent: readonly string[], outcomes: readonly KnockOutcome[]): boolean {
    const { mayFound, foundAfterMs, clock, gossip } = this.#options;
    // without gossip of its own it has asked nobody
    if (!mayFound || this.#clusterExists || !gossip.isRunning()) return false;
    const allAnswered = silent.length === 0 && outcomes.every(({ kind }) => kind === 'unsettled');
    return allAnswered || clock.monotonic() - this.#startedAt >= foundAfterMs;
  }

  #say(silent: readonly string[], outcomes: readonly KnockOutcome[]): void {
    const message = this.#message(silent, outcomes);
    this.#options.onWaiting(message);
    if (message.title === this.#said) return;
    this.#said = message.title;
    this.#options.logger.info({ silent, remedy: message.remedy }, message.title);
  }

  #message(
    silent: readonly string[],
    outcomes: readonly KnockOutcome[],
  ): { title: string; remedy: string } {
    const refused = outcomes.find((outcome) => outcome.kind === 'refused');
    if (refused !== undefined) return { title: refused.message, remedy: refused.remedy };
    if (!this.#options.gossip.isRunning()) {
      return {
        title: 'This node waits for serf, which finds the others.',
        remedy: 'Check that serf is installed, and look at its log with: node-agent doctor',
      };
    }
    const failed = outcomes.find((outcome) => outcome.kind === 'failed');
    if (failed !== undefined) {
      return {
        title: `A node was found, and could not be asked: ${failed.message}`,
        remedy: failed.remedy,
      };
    }
    if (outcomes.length > 0 || this.#isHeard()) {
      return {
        title: 'The nodes found so far look for the cluster themselves.',
        remedy: 'Start the founder, whose name stands in the enrolment file.',
      };
    }
    const where = silent.length > 0 ? ` (asked: ${silent.slice(0, 5).join(', ')})` : '';
    return {
      title: `No other node of the cluster answers yet${where}.`,
      remedy:
        'Check that one of the seeds is up and has the same enrolment file; the founder must have started once.',
    };
  }
}
