import {
  type AgentOperation,
  agentOperation,
  type CandidatesAnswer,
  isOver,
  type OperationAnswer,
  type OperationPlan,
  type OperationWish,
  wishAnswer,
} from '#shared/contract/agent/operations';
import type { OperationPlace, WantedOperation } from '#shared/contract/cluster-operations';
import { Failure, fail } from '#shared/contract/errors';
import type { ClusterLive } from '#shared/contract/inventory';
import type { ClusterReader } from '../../clusters/types';
import type { Store } from '../../db/store';
import type { Answer } from '../../net/carrier';
import { checkConfirmed } from '../../operations/confirmed';
import type { Clock } from '../../ports';
import { checkMayAct } from '../may-act';
import type { AgentClients } from '../types';
import { readAnswer, readCandidates, readOperations, readPlan } from './read';

export interface OrdersDeps {
  store: Pick<Store, 'mutate'>;
  clock: Clock;
  clusters: Pick<ClusterReader, 'get'>;
  clients: Pick<AgentClients, 'get'>;
  view(uuid: string): ClusterLive;
}

/** What the audit says of it. */
interface Order {
  action: OperationWish | 'start';
  /** the cluster_id */
  subject: string;
  /** id of the operation; not known before a start */
  target?: string;
  what: Readonly<Record<string, string>>;
}

/** Every node concerned is asked for a plan, and again at the start. */
const PLAN_MS = 34_000;
const ASK_MS = 15_000;
const LOOK_EVERY_MS = 1_500;
const LOOKS = 5;
/** For these the id of a protected cluster must be typed. */
const GRAVE: readonly OperationWish[] = ['rollback'];

/** What a person orders: each is sent once, and where its answer is lost, this desk looks. */
export class OperationOrders {
  readonly #deps: OrdersDeps;

  constructor(deps: OrdersDeps) {
    this.#deps = deps;
  }

  /** @throws Failure of the call */
  async candidates(uuid: string): Promise<CandidatesAnswer> {
    const client = this.#deps.clients.get(uuid);
    const { data, endpoint } = await client.get('/api/v1/operations/candidates', {
      deadlineMs: PLAN_MS,
    });
    return readCandidates(data, endpoint);
  }

  /** Changes nothing. @throws Failure INVALID_INPUT | NOT_FOUND | UNSUPPORTED | PERMISSION_DENIED */
  async plan({ uuid, kind, params }: WantedOperation): Promise<OperationPlan> {
    this.#checkMay(uuid);
    const client = this.#deps.clients.get(uuid);
    const options = { deadlineMs: PLAN_MS, onlyLooks: true };
    const { data, endpoint } = await client.post(
      '/api/v1/operations/plan',
      { kind, params },
      options,
    );
    return readPlan(data, endpoint);
  }

  /**
   * @throws Failure PLAN_STALE | CHECKS_FAILED | CONFIRMATION_REQUIRED | REVISION_CHANGED |
   *   PERMISSION_DENIED; its `outcome` is `unknown` where nobody can say whether it began
   */
  async start(
    uuid: string,
    planHash: string,
    confirm: string,
    confirmCluster: string | undefined,
  ): Promise<AgentOperation> {
    this.#checkMay(uuid);
    checkConfirmed(this.#deps.clusters, [{ uuid }], confirmCluster, 'confirmCluster');
    // the same plan may have been carried out and rolled back before
    const before = new Set((await this.#list(uuid)).map(({ id }) => id));
    const order: Order = { action: 'start', subject: this.#name(uuid), what: { plan: planHash } };
    return await this.#recorded(order, async () => {
      const body = { plan_hash: planHash, confirm };
      const client = this.#deps.clients.get(uuid);
      const send = async () => {
        const sent = await client.post('/api/v1/operations', body, { deadlineMs: PLAN_MS });
        return begunOf(sent);
      };
      const find = async () =>
        (await this.#list(uuid)).find(
          ({ id, plan_hash: hash }) => hash === planHash && !before.has(id),
        );
      const begun = await this.#once(send, find);
      return { result: begun, told: begun.title, id: begun.id };
    });
  }

  /** @returns what will happen. @throws Failure NOT_FOUND | INVALID_INPUT | PERMISSION_DENIED */
  async ask(
    { uuid, id }: OperationPlace,
    wish: OperationWish,
    confirmCluster: string | undefined,
  ): Promise<string> {
    this.#checkMay(uuid);
    if (GRAVE.includes(wish)) {
      checkConfirmed(this.#deps.clusters, [{ uuid }], confirmCluster, 'confirmCluster');
    }
    const order: Order = {
      action: wish,
      subject: this.#name(uuid),
      target: id,
      what: { operation: id },
    };
    return await this.#recorded(order, async () => {
      const path = `/api/v1/operations/${id}`;
      const client = this.#deps.clients.get(uuid);
      // an order goes to whoever answered last, and is not sent again where that one has died
      await client.get(path, { deadlineMs: ASK_MS });
      const send = async () => {
        const sent = await client.post(`${path}/${wish}`, {}, { deadlineMs: ASK_MS });
        return wishAnswer.safeParse(sent.data).data?.message ?? 'It was heard.';
      };
      const find = async () => {
        const { data, endpoint } = await client.get(path, { deadlineMs: ASK_MS });
        return isHeard(readAnswer(data, endpoint), wish) ? 'It was heard.' : undefined;
      };
      const message = await this.#once(send, find);
      return { result: message, told: message, id };
    });
  }

  #checkMay(uuid: string): void {
    checkMayAct(this.#deps.clusters.get(uuid), this.#deps.view(uuid));
  }

  #name(uuid: string): string {
    return this.#deps.clusters.get(uuid).clusterId;
  }

  async #list(uuid: string): Promise<AgentOperation[]> {
    const client = this.#deps.clients.get(uuid);
    const { data, endpoint } = await client.get('/api/v1/operations', { deadlineMs: ASK_MS });
    return readOperations(data, endpoint);
  }

  /** Sends once; a lost answer is looked for among what is there. @throws Failure of the sending */
  async #once<Result>(
    send: () => Promise<Result>,
    find: () => Promise<Result | undefined>,
  ): Promise<Result> {
    try {
      return await send();
    } catch (error) {
      if (!(error instanceof Failure) || error.data.outcome !== 'unknown') throw error;
      const found = await this.#find(find);
      if (found === undefined) throw error;
      return found;
    }
  }

  async #find<Result>(find: () => Promise<Result | undefined>): Promise<Result | undefined> {
    for (let look = 0; look < LOOKS; look += 1) {
      await this.#deps.clock.sleep(LOOK_EVERY_MS);
      try {
        const found = await find();
        if (found !== undefined) return found;
      } catch (error) {
        if (!(error instanceof Failure)) throw error;
      }
    }
    return undefined;
  }

  /** Writes into the audit what is about to be sent, and how that ended. */
  async #recorded<Result>(
    { action, subject, target, what }: Order,
    work: () => Promise<{ result: Result; told: string; id: string }>,
  ): Promise<Result> {
    const { store } = this.#deps;
    const name = `operation.${action}`;
    const about = { subject, ...(target !== undefined && { target }) };
    store.mutate((tx) => tx.audit({ action: `${name}.ordered`, ...about, after: what }));
    try {
      const { result, told, id } = await work();
      const after = { ...what, operation: id };
      const entry = { action: name, subject, target: id, after, result: told };
      store.mutate((tx) => tx.audit(entry));
      return result;
    } catch (error) {
      if (error instanceof Failure) {
        const end = error.data.outcome === 'unknown' ? 'unknown' : 'failed';
        const result = `${end}: ${error.message}`;
        store.mutate((tx) => tx.audit({ action: name, ...about, after: what, result }));
      }
      throw error;
    }
  }
}

/** What was begun; an answer that nobody understands is as good as lost. */
function begunOf({ data, endpoint }: Answer): AgentOperation {
  const parsed = agentOperation.safeParse(data);
  if (parsed.success) return parsed.data;
  const remedy = 'It may have begun. Look at the list before you start it again.';
  throw fail('BAD_RESPONSE', { remedy, endpoint, outcome: 'unknown' });
}

/** Whether what is seen afterwards is what the wish leads to. */
function isHeard({ operation, wish: asked }: OperationAnswer, wish: OperationWish): boolean {
  if (asked === wish) return true;
  const { state, rollback_until: until } = operation;
  switch (wish) {
    case 'pause':
      return state === 'paused';
    case 'resume':
    case 'retry':
    case 'skip':
      return state === 'running';
    case 'abort':
    case 'rollback':
      return state === 'undoing' || state === 'undone';
    case 'commit':
      return isOver(operation) && until === null;
  }
}
