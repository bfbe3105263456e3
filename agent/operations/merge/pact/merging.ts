import type {
  LetGoAnswer,
  MergeCard,
  MergeDecision,
  PactAnswer,
  SplitAnswer,
} from '#shared/contract/agent/merge';
import { fail } from '#shared/contract/errors';
import { decideMerge } from '#shared/domain/merge-decision';
import type { Clock } from '../../../ports';
import type { LetGo } from '../node/let-go';
import type { Cards } from './cards';
import type { Pacts } from './pacts';

/** A card is shown and taken along at once; clocks may differ meanwhile. */
const CARD_MS = 3_600_000;

/** What the API offers of merging. */
export interface Merging {
  /** @throws Failure UNREACHABLE | of the state */
  card(): Promise<MergeCard>;
  /**
   * Lets the nodes of the other cluster take part in a merge with this one.
   * @param by name of the token or user
   * @throws Failure INVALID_INPUT for a card that cannot be right, of the state
   */
  makePact(card: MergeCard, by: string): Promise<PactAnswer>;
  /** @returns what was done, in a sentence. @throws Failure NOT_FOUND | REVISION_CHANGED | of the state */
  endPact(uuid: string): Promise<string>;
  /**
   * Frees this cluster where the one that carries the merge out is gone for good.
   * @param confirm name of this cluster
   * @throws Failure NOT_FOUND | REVISION_CHANGED | CONFIRMATION_REQUIRED | TIMEOUT | of the state
   */
  letGo(confirm: string): Promise<LetGoAnswer>;
  /** @throws Failure of the state */
  split(): Promise<SplitAnswer>;
}

interface Deps {
  cards: Pick<Cards, 'own'>;
  pacts: Pick<Pacts, 'make' | 'revoke'>;
  held: Pick<LetGo, 'letGo'>;
  sightings: { list(): Promise<SplitAnswer['sightings']> };
  clock: Pick<Clock, 'now'>;
}

/** {@link Merging} over the shared state: any node serves it alike. */
export class MergingService implements Merging {
  readonly #deps: Deps;

  constructor(deps: Deps) {
    this.#deps = deps;
  }

  card(): Promise<MergeCard> {
    return this.#deps.cards.own();
  }

  async makePact(card: MergeCard, by: string): Promise<PactAnswer> {
    const { cards, pacts, clock } = this.#deps;
    const own = await cards.own();
    const mistake = mistakeOf(card, own, clock.now());
    if (mistake !== null) throw mistake;
    const { until } = await pacts.make(card, by);
    const decision: MergeDecision = decideMerge(own, card);
    return { pact: { other: card.cluster, until }, decision };
  }

  async endPact(uuid: string): Promise<string> {
    const { card } = await this.#deps.pacts.revoke(uuid);
    return `The nodes of ${card.cluster.name} may not call this cluster any more.`;
  }

  letGo(confirm: string): Promise<LetGoAnswer> {
    return this.#deps.held.letGo(confirm);
  }

  async split(): Promise<SplitAnswer> {
    return { sightings: await this.#deps.sightings.list() };
  }
}

/** Why no pact is made with what this card shows; null where nothing speaks against it. */
function mistakeOf(card: MergeCard, own: MergeCard, now: number) {
  if (card.cluster.uuid === own.cluster.uuid) {
    return refused(
      'This is the card of this cluster itself.',
      card.founding === own.founding
        ? 'Give it the card of the other cluster.'
        : 'One cluster that was founded twice is not merged: reset the part that came later.',
    );
  }
  if (Math.abs(now - card.made_at) > CARD_MS) {
    return refused(
      'The card is too old, or a clock is wrong.',
      'Take a new card, and post it at once.',
    );
  }
  if (card.nodes.length === 0) return refused('The card names no node.', 'Take a new card.');
  const seen = new Set<string>();
  for (const { id, name, fingerprint } of card.nodes) {
    if (seen.has(id) || seen.has(fingerprint)) {
      return refused(`The card names ${name} twice.`, 'Take a new card.');
    }
    seen.add(id).add(fingerprint);
  }
  const both = own.nodes.find(({ id, fingerprint }) => seen.has(id) || seen.has(fingerprint));
  if (both === undefined) return null;
  return refused(
    `${both.name} belongs to both clusters.`,
    'A node has one identity: see whose state folder was copied, and empty it on that node.',
  );
}

const refused = (message: string, remedy: string) =>
  fail('INVALID_INPUT', { remedy, field: 'card' }, message);
