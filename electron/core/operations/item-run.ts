import { z } from 'zod';
import { Failure, fail } from '#shared/contract/errors';
import type { GuestAction } from '#shared/contract/operations';
import type { ClusterReader } from '../clusters/types';
import type { Clock } from '../ports';
import { number, text } from '../pve/schemas/loose';
import type { PveClients } from '../pve/types';
import { ACTIONS, guestParts } from './actions';
import type { ItemRecord } from './carriers';
import { followTask } from './follow';
import { findTask, mayHaveHappened } from './reconcile';
import { endState, nodeOf } from './upid';

export interface ItemRunDeps {
  clock: Clock;
  clients: Pick<PveClients, 'get'>;
  clusters: Pick<ClusterReader, 'get'>;
  /** the node a guest is on, as last known; undefined: the guest is not known */
  nodeOf: (clusterUuid: string, guestId: string) => string | undefined;
}

const SEEN_WITHIN_MS = 60_000;
const LOOK_EVERY_MS = 2000;
const RECONCILE_FOR_MS = 600_000;
const upidAnswer = z.string().startsWith('UPID:');
const current = z.looseObject({ status: text, uptime: number.optional() });

/** Carries one item to its end. The action is sent at most once, whatever happens. */
export class ItemRun {
  readonly #action: GuestAction;
  readonly #record: ItemRecord;
  readonly #deps: ItemRunDeps;
  readonly #signal: AbortSignal;

  constructor(action: GuestAction, record: ItemRecord, deps: ItemRunDeps, signal: AbortSignal) {
    this.#action = action;
    this.#record = record;
    this.#deps = deps;
    this.#signal = signal;
  }

  /** Sends the action and follows it. */
  async perform(): Promise<void> {
    const { clusterUuid, guestId } = this.#record.read();
    const { kind } = guestParts(guestId);
    const node = this.#deps.nodeOf(clusterUuid, guestId);
    if (!ACTIONS[this.#action].kinds.includes(kind)) {
      return this.#refused(
        fail('UNSUPPORTED', { remedy: 'Containers cannot be reset; stop and start it.' }),
      );
    }
    if (node === undefined) {
      return this.#refused(
        fail('GUEST_NOT_FOUND', { remedy: 'It was removed; refresh the list.' }),
      );
    }
    // stored before anything is sent: a program killed in between finds out by reading
    this.#record.change({
      state: 'running',
      startedAt: this.#deps.clock.now(),
      message: 'Sending',
    });
    let upid: string;
    try {
      const path = `/nodes/${node}/${guestId}/status/${this.#action}`;
      upid = upidAnswer.parse((await this.#client().call('POST', path)).data);
    } catch (error) {
      const failure = asFailure(error);
      return mayHaveHappened(failure) ? await this.reconcile(failure) : this.#refused(failure);
    }
    await this.follow(upid);
  }

  /** Follows a task that is known to run or to have run. */
  async follow(upid: string): Promise<void> {
    this.#record.change({ state: 'running', upid, message: 'Running' });
    const deps = { clock: this.#deps.clock, client: () => this.#client() };
    const exitStatus = await followTask(upid, deps, this.#signal, (failure) =>
      this.#record.change({
        message: failure === null ? 'Running' : `Waiting for the cluster: ${failure.message}`,
      }),
    );
    const state = endState(exitStatus);
    if (state === 'unknown') {
      return this.#record.end(
        'unknown',
        'The cluster does not know how the task ended. Look at the guest.',
      );
    }
    const message = exitStatus ?? '';
    if (state === 'failed') {
      const data = { remedy: 'Read the log of the task.', detail: message, node: nodeOf(upid) };
      return this.#record.end('failed', message, fail('TASK_FAILED', data));
    }
    await this.#observe(upid, message);
  }

  /** Finds out by reading whether the action was carried out; never sends it again. */
  async reconcile(lost?: Failure): Promise<void> {
    const { clock, clusters, nodeOf: placeOf } = this.#deps;
    const { clusterUuid, guestId, startedAt } = this.#record.read();
    const { user, authKind, tokenId } = clusters.get(clusterUuid);
    const sent = {
      action: this.#action,
      guestId,
      node: placeOf(clusterUuid, guestId) ?? '',
      user: authKind === 'token' ? (tokenId?.split('!')[0] ?? user) : user,
      startedAt: startedAt ?? clock.now(),
    };
    this.#record.change({ message: 'Finding out whether it was sent' });
    const until = clock.now() + RECONCILE_FOR_MS;
    let looked = 0;
    // a second look, for the server may still have been at it during the first
    while (looked < 2 && clock.now() < until && sent.node !== '') {
      try {
        const upid = await findTask(this.#client(), sent, this.#record.taken(), this.#signal);
        if (upid !== null) return await this.follow(upid);
        looked += 1;
      } catch (error) {
        this.#signal.throwIfAborted();
        if (!(error instanceof Failure)) throw error;
      }
      await clock.sleep(5000, this.#signal);
    }
    const message =
      'It is not known whether this was carried out. Look at the guest before trying again.';
    this.#record.end('unknown', message, lost);
  }

  /** A task that ended well is one thing, the guest being as wanted the other. */
  async #observe(upid: string, message: string): Promise<void> {
    const wanted = ACTIONS[this.#action].leaves;
    const { clusterUuid, guestId } = this.#record.read();
    const { clock } = this.#deps;
    const until = clock.now() + SEEN_WITHIN_MS;
    let seen: string | null = wanted;
    while (wanted !== null) {
      seen = await this.#statusOf(clusterUuid, guestId, upid);
      if (seen === null || seen === wanted || clock.now() >= until) break;
      // high availability takes the order and carries it out later
      this.#record.change({ message: `Waiting for the guest to be ${wanted}` });
      await clock.sleep(LOOK_EVERY_MS, this.#signal);
    }
    if (seen === null || seen === wanted) return this.#record.end('done', message);
    const text = `The task ended well, but the guest is ${seen}.`;
    const remedy = 'Look at the guest; high availability may have other orders.';
    this.#record.end('failed', text, fail('TASK_FAILED', { remedy, detail: message }));
  }

  /** null: cannot be told, and then the task's word stands */
  async #statusOf(clusterUuid: string, guestId: string, upid: string): Promise<string | null> {
    const node = this.#deps.nodeOf(clusterUuid, guestId) ?? nodeOf(upid);
    try {
      const options = { signal: this.#signal, deadlineMs: 15_000 };
      const path = `/nodes/${node}/${guestId}/status/current`;
      const answer = await this.#client().call('GET', path, undefined, options);
      return current.safeParse(answer.data).data?.status ?? null;
    } catch (error) {
      this.#signal.throwIfAborted();
      if (error instanceof Failure) return null;
      throw error;
    }
  }

  #refused(failure: Failure): void {
    this.#record.end('failed', failure.data.detail ?? failure.message, failure);
  }

  #client() {
    return this.#deps.clients.get(this.#record.read().clusterUuid);
  }
}

/** An answer that is no UPID came after the action was taken: uncertain, like a lost answer. */
function asFailure(error: unknown): Failure {
  if (error instanceof Failure) return error;
  if (error instanceof z.ZodError) {
    return fail('BAD_RESPONSE', { remedy: 'Look at the guest before trying again.' });
  }
  throw error;
}
