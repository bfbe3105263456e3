import { join } from 'node:path';
import { type Failure, fail } from '#shared/contract/errors';
import type { PeerCaller, PeerRoute } from '../../../membership/peer-types';
import type { Clock, Logger } from '../../../ports';
import type { State } from '../../../state/types';
import { lookAtEtcd } from '../../handoff/etcd/hands';
import { cordon, deleteNode, evictPods, lookAtK3s, lookAtPods } from '../../handoff/k3s/hands';
import { slurmEnded, slurmLook, slurmMunge, slurmReach } from '../../handoff/slurm/hands';
import { Fence } from '../../hands/fence';
import { HandRunner } from '../../hands/runner';
import type { Hand, HandRoute } from '../../hands/types';
import { type HandAnswer, type HandRequest, handRequest } from '../../hands/wire';
import { drainWorker, lookAtWork, resumeWorker } from '../../leave/hands';
import * as carry from '../carry-hands';
import * as merge from '../hands';
import { lockedBy } from '../lock-record';
import { GUEST_HAND_PATH } from './foreign';
import type { Pacts } from './pacts';

/** All that a guest may ask for; a hand that stands nowhere here is not for guests. */
const ALLOWED: readonly Pick<Hand, 'name'>[] = [
  merge.lookAtCluster,
  merge.lookAtCrosser,
  merge.lockCluster,
  merge.unlockCluster,
  merge.keepNode,
  merge.drainCluster,
  merge.undrainCluster,
  merge.lookAtDrain,
  merge.releaseNode,
  merge.welcomeNode,
  merge.stageNode,
  merge.crossOver,
  merge.crossBack,
  merge.dropKept,
  merge.proveNode,
  merge.exportTokens,
  carry.holdJob,
  carry.unholdJob,
  carry.packJob,
  carry.unpackJob,
  carry.findCarried,
  carry.cancelCarried,
  lookAtWork,
  drainWorker,
  resumeWorker,
  lookAtEtcd,
  slurmLook,
  slurmEnded,
  slurmMunge,
  slurmReach,
  lookAtK3s,
  lookAtPods,
  cordon,
  evictPods,
  deleteNode,
];

/** What users wrote, or tokens are known by: read only for a merge that this cluster is held for. */
const PRIVATE: readonly Pick<Hand, 'name'>[] = [carry.packJob, merge.exportTokens];

const LOCK_READ_MS = 2_000;

interface Deps {
  /** what this node does for operations */
  hands: readonly HandRoute[];
  pacts: Pick<Pacts, 'used'>;
  state: Pick<State, 'get'>;
  /** whether the configuration of this node allows a merge */
  isEnabled: boolean;
  /** where the fences are kept; null: only in memory, for a node that is simulated */
  folder: string | null;
  clock: Clock;
  logger: Logger;
}

/**
 * What this node does for the coordinator of another cluster, as a pact allows: hands of a list and no
 * other, behind a fence for each of those clusters, since their epochs have nothing to do with ours.
 */
export class Guests {
  readonly #deps: Deps;
  readonly #routes: readonly HandRoute[];
  /** by uuid of the other cluster */
  readonly #runners = new Map<string, HandRunner>();

  constructor(deps: Deps) {
    this.#deps = deps;
    const names = new Set(ALLOWED.map(({ name }) => name));
    this.#routes = deps.hands.filter(({ hand }) => names.has(hand.name));
  }

  /** for the peers' part of the API */
  get route(): PeerRoute {
    return {
      method: 'POST',
      path: GUEST_HAND_PATH,
      access: 'guest',
      handle: async (request, caller) => {
        const cluster = caller?.guestOf;
        if (caller === null || cluster === undefined) throw noGuest();
        const asked = handRequest.safeParse(request.body);
        const refusal = asked.success ? await this.#refusalOf(asked.data, cluster, caller) : null;
        if (refusal === null) return this.#runnerFor(cluster).answer(request, caller);
        // as an answer of the hand, so that its code arrives
        const answer: HandAnswer = { ok: false, failure: refusal.view(), log: [] };
        return { status: 200, body: answer };
      },
    };
  }

  /** Tells those that run to stop, and waits for them. */
  async close(): Promise<void> {
    await Promise.all([...this.#runners.values()].map((runner) => runner.close()));
  }

  /** Why this is not done for that cluster; null where nothing speaks against it. */
  async #refusalOf(
    asked: HandRequest,
    cluster: string,
    caller: PeerCaller,
  ): Promise<Failure | null> {
    const { pacts, isEnabled, logger } = this.#deps;
    const route = this.#routes.find(({ hand }) => hand.name === asked.hand);
    if (route === undefined) {
      logger.warn({ hand: asked.hand, guest: caller.name, cluster }, 'A guest was refused');
      return notForGuests(asked.hand);
    }
    const isPrivate = PRIVATE.some(({ name }) => name === asked.hand);
    if (!route.hand.changes && !isPrivate) return null;
    if (!isEnabled) return switchedOff();
    if (!speaksForItself(asked, cluster)) return notForAThird();
    const lock = await this.#lock();
    const isItsOwn = lock?.by.uuid === cluster && lock.operation === asked.operation;
    if (lock !== null && !isItsOwn) return held(lock.by.name);
    if (lock === null && isPrivate) return notHeld();
    await pacts.used(cluster);
    return null;
  }

  /** Where the state does not answer, the hand itself says what it can do. */
  #lock() {
    const signal = AbortSignal.timeout(LOCK_READ_MS);
    return lockedBy(this.#deps.state, signal).catch(() => null);
  }

  #runnerFor(cluster: string): HandRunner {
    const known = this.#runners.get(cluster);
    if (known !== undefined) return known;
    const { folder, clock, logger } = this.#deps;
    const path = folder === null ? null : join(folder, `merge-fence-${cluster}.json`);
    const fence = new Fence(path, cluster);
    const runner = new HandRunner({ routes: this.#routes, fence, clock, logger });
    this.#runners.set(cluster, runner);
    return runner;
  }
}

/** Holding a cluster and taking its nodes: a guest does both for its own cluster alone. */
function speaksForItself({ hand, input }: HandRequest, cluster: string): boolean {
  if (hand === merge.lockCluster.name) {
    return merge.lockCluster.input.safeParse(input).data?.by.uuid === cluster;
  }
  if (hand === merge.crossOver.name) {
    return merge.crossOver.input.safeParse(input).data?.to === cluster;
  }
  return true;
}

const noGuest = (): Failure =>
  fail('PERMISSION_DENIED', { remedy: 'Make a pact first.' }, 'No pact lets this node call here.');

const notForGuests = (hand: string): Failure =>
  fail(
    'PERMISSION_DENIED',
    { remedy: 'Install the same version of the agent in both clusters.' },
    `${hand.slice(0, 64)} is not for nodes of another cluster.`,
  );

const switchedOff = (): Failure =>
  fail(
    'PERMISSION_DENIED',
    { remedy: 'Set cluster.merging.enabled to true there, and restart the agent.' },
    'The configuration of this node does not allow a merge.',
  );

const notForAThird = (): Failure =>
  fail(
    'PERMISSION_DENIED',
    { remedy: 'Make a pact with the cluster that is to gain these nodes.' },
    'A node of another cluster acts here for its own cluster alone.',
  );

const notHeld = (): Failure =>
  fail(
    'PERMISSION_DENIED',
    { remedy: 'It is read once a merge has begun here.' },
    'This cluster is not held for a merge, so that is not told.',
  );

const held = (by: string): Failure =>
  fail(
    'REVISION_CHANGED',
    { remedy: 'Wait for its end, or roll it back.' },
    `This cluster is held for another merge, which ${by} carries out.`,
  );
