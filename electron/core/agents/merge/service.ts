import type { MergeCard, PactAnswer } from '#shared/contract/agent/merge';
import type { ClusterOperation } from '#shared/contract/cluster-operations';
import { Failure, fail } from '#shared/contract/errors';
import type { ClusterLive } from '#shared/contract/inventory';
import type { MergeLook, MergeSide } from '#shared/contract/merge';
import { decideMerge } from '#shared/domain/merge-decision';
import type { ClusterReader } from '../../clusters/types';
import type { Store } from '../../db/store';
import { checkConfirmed } from '../../operations/confirmed';
import { checkMayAct } from '../may-act';
import type { ClusterOperations } from '../operations/service';
import type { AgentClients } from '../types';
import { readCard, readPact } from './read';

export interface MergesDeps {
  store: Pick<Store, 'mutate'>;
  clusters: Pick<ClusterReader, 'get'>;
  clients: Pick<AgentClients, 'get'>;
  operations: Pick<ClusterOperations, 'start'>;
  view(uuid: string): ClusterLive;
}

export interface MergeOrder {
  gaining: string;
  losing: string;
  planHash: string;
  confirm: string;
  confirmGaining?: string | undefined;
  confirmLosing?: string | undefined;
}

type Two = readonly [string, string];

const CARD_MS = 15_000;
const PACT = '/api/v1/merge/pact';

/** What this desk does for a merge of two of its clusters; the agents carry it out. */
export class Merges {
  readonly #deps: MergesDeps;

  constructor(deps: MergesDeps) {
    this.#deps = deps;
  }

  /** Changes nothing; what keeps one of them from answering stands beside it. */
  async look([a, b]: Two): Promise<MergeLook> {
    const sides = await Promise.all([this.#side(a), this.#side(b)]);
    const [first, second] = [sides[0].card, sides[1].card];
    const nothing = { sides, decision: null, gaining: null, same: null };
    if (first === null || second === null) return nothing;
    const same = sameCluster(first, second);
    if (same !== null) return { ...nothing, same };
    const decision = decideMerge(first, second);
    const gaining = decision.gaining.uuid === first.cluster.uuid ? a : b;
    return { sides, decision, gaining, same: null };
  }

  /**
   * Shows each the other's card. Asked again it only lasts longer.
   * @throws Failure of a call; where the second fails, the first keeps a permission of which nobody
   *   can make use
   */
  async permit([a, b]: Two): Promise<{ answers: [PactAnswer, PactAnswer]; until: number }> {
    const cards = await Promise.all([this.#card(a), this.#card(b)]);
    const same = sameCluster(...cards);
    if (same !== null) {
      throw fail('INVALID_INPUT', { remedy: 'Choose two clusters.', field: 'clusters' }, same);
    }
    const first = await this.#introduce(a, cards[1]);
    const second = await this.#introduce(b, cards[0]);
    return { answers: [first, second], until: Math.min(first.pact.until, second.pact.until) };
  }

  /** Takes the permission back on both; one that is not there is no failure. @throws Failure */
  async forbid([a, b]: Two): Promise<{ message: string }> {
    const cards = await Promise.all([this.#card(a), this.#card(b)]);
    await this.#part(a, cards[1]);
    await this.#part(b, cards[0]);
    return { message: 'Their nodes may not call each other for a merge any more.' };
  }

  /**
   * @throws Failure PLAN_STALE | CHECKS_FAILED | CONFIRMATION_REQUIRED | REVISION_CHANGED |
   *   PERMISSION_DENIED
   */
  async start(order: MergeOrder): Promise<ClusterOperation> {
    const { gaining, losing, planHash, confirm, confirmGaining, confirmLosing } = order;
    const { clusters, operations } = this.#deps;
    if (gaining === losing) {
      throw fail('INVALID_INPUT', { remedy: 'Choose two clusters.', field: 'losing' });
    }
    for (const uuid of [gaining, losing]) this.#checkMay(uuid);
    checkConfirmed(clusters, [{ uuid: losing }], confirmLosing, 'confirmLosing');
    checkConfirmed(clusters, [{ uuid: gaining }], confirmGaining, 'confirmGaining');
    return await operations.start({
      uuid: gaining,
      planHash,
      confirm,
      confirmCluster: confirmGaining,
    });
  }

  async #side(uuid: string): Promise<MergeSide> {
    try {
      return { uuid, card: await this.#card(uuid), failure: null };
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      return { uuid, card: null, failure: error.view() };
    }
  }

  async #card(uuid: string): Promise<MergeCard> {
    this.#checkMay(uuid);
    try {
      const client = this.#deps.clients.get(uuid);
      return readCard(await client.get('/api/v1/merge/card', { deadlineMs: CARD_MS }));
    } catch (error) {
      throw error instanceof Failure && error.code === 'NOT_FOUND' ? tooOld(error) : error;
    }
  }

  #introduce(uuid: string, card: MergeCard): Promise<PactAnswer> {
    return this.#recorded('merge.permit', uuid, card, async () =>
      readPact(await this.#deps.clients.get(uuid).post(PACT, { card }, { deadlineMs: CARD_MS })),
    );
  }

  #part(uuid: string, card: MergeCard): Promise<void> {
    return this.#recorded('merge.forbid', uuid, card, async () => {
      try {
        const client = this.#deps.clients.get(uuid);
        await client.delete(`${PACT}/${card.cluster.uuid}`, { deadlineMs: CARD_MS });
      } catch (error) {
        if (!(error instanceof Failure && error.code === 'NOT_FOUND')) throw error;
      }
    });
  }

  #checkMay(uuid: string): void {
    checkMayAct(this.#deps.clusters.get(uuid), this.#deps.view(uuid), 'admin');
  }

  async #recorded<Result>(
    action: string,
    uuid: string,
    { cluster }: MergeCard,
    work: () => Promise<Result>,
  ): Promise<Result> {
    const { store, clusters } = this.#deps;
    const { clusterId: subject } = clusters.get(uuid);
    const entry = {
      action,
      subject,
      target: uuid,
      after: { with: cluster.name, id: cluster.uuid },
    };
    try {
      const result = await work();
      store.mutate((tx) => tx.audit({ ...entry, result: 'ok' }));
      return result;
    } catch (error) {
      if (error instanceof Failure) {
        const end = error.data.outcome === 'unknown' ? 'unknown' : 'failed';
        store.mutate((tx) => tx.audit({ ...entry, result: `${end}: ${error.message}` }));
      }
      throw error;
    }
  }
}

/** The agent knows no such address. */
const tooOld = ({ data }: Failure): Failure =>
  fail(
    'UNSUPPORTED',
    { ...data, remedy: 'Update the node agents of this cluster, then look again.' },
    'The agents of this cluster cannot be merged yet.',
  );

/** Why two cards are one cluster, in a sentence; null where they are two. */
function sameCluster(a: MergeCard, b: MergeCard): string | null {
  if (a.cluster.uuid !== b.cluster.uuid) return null;
  return a.founding === b.founding
    ? `Both are ${a.cluster.name}: there is nothing to merge.`
    : `${a.cluster.name} was founded twice. A parted cluster heals; it is never merged.`;
}
