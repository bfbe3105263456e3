import type { z } from 'zod';
import { lookAtEtcd } from '#agent/operations/handoff/etcd/hands';
import { slurmAsk, slurmEnded, slurmMunge } from '#agent/operations/handoff/slurm/hands';
import { handRoute } from '#agent/operations/hands/define';
import type { HandRoute } from '#agent/operations/hands/types';
import { drainWorker, lookAtWork, resumeWorker } from '#agent/operations/leave/hands';
import {
  cancelCarried,
  findCarried,
  holdJob,
  packJob,
  unholdJob,
  unpackJob,
} from '#agent/operations/merge/carry-hands';
import {
  crossBack,
  crossOver,
  drainCluster,
  dropKept,
  exportTokens,
  keepNode,
  lockCluster,
  lookAtCluster,
  lookAtCrosser,
  lookAtDrain,
  proveNode,
  releaseNode,
  stageNode,
  undrainCluster,
  unlockCluster,
  welcomeNode,
} from '#agent/operations/merge/hands';
import type { Clock } from '#agent/ports';
import { fail } from '#shared/contract/errors';
import { idOf, refused, type StagedJob, type StagedSide } from './sides';

const SUM = 'a'.repeat(64);
const CROSSING_MS = 120;

/** What a node needs to know of both clusters. */
interface Around {
  readonly gaining: StagedSide;
  readonly losing: StagedSide;
  readonly nodes: ReadonlyMap<string, StagedCrosser>;
  readonly clock: Pick<Clock, 'sleep' | 'monotonic'>;
  broken: string | null;
  isUp(side: StagedSide): boolean;
  clusterLook(node: StagedCrosser): z.input<typeof lookAtCluster.output>;
}

/** One node, with what its agent does for a merge; its jobs are those whose processes are there. */
export class StagedCrosser {
  readonly id: string;
  readonly name: string;
  readonly jobs = new Set<string>();
  readonly kept = new Set<string>();
  readonly features: string[] = [];
  home: StagedSide;
  isAnswering = true;
  /** its munge does not decode in the other cluster */
  isStubborn = false;
  /** it finds nobody in the other cluster, and returns */
  isTurnedAway = false;
  /** how long its seat takes to be given up */
  seatMs = 0;
  /** and how long after that its own agent knows of it */
  noticeMs = 0;
  /** of the last crossing: from the moment at which it could get no more jobs to its arrival */
  awayMs = 0;
  staged = '';
  crossings = 0;
  #isGoing = false;
  #seatUntil: number | null = null;
  #lastUsable: number | null = null;
  readonly #world: Around;

  constructor(world: Around, name: string) {
    this.#world = world;
    this.id = idOf(name);
    this.name = name;
    this.home = name.startsWith('a') ? world.gaining : world.losing;
  }

  routes(): HandRoute[] {
    return [
      ...this.#clusterRoutes(),
      ...this.#nodeRoutes(),
      ...this.#slurmRoutes(),
      ...this.#jobRoutes(),
    ];
  }

  /** @returns whether the others have taken it over */
  giveSeat(): boolean {
    const now = this.#world.clock.monotonic();
    this.#seatUntil ??= now + this.seatMs;
    return now >= this.#seatUntil;
  }

  /** Whether it keeps a copy of its cluster's state, as far as it knows. */
  get #isSeated(): boolean {
    const { clock } = this.#world;
    return this.#seatUntil === null || clock.monotonic() < this.#seatUntil + this.noticeMs;
  }

  #clusterRoutes(): HandRoute[] {
    const world = this.#world;
    return [
      handRoute(lookAtCluster, async () => world.clusterLook(this)),
      handRoute(lockCluster, async ({ operation, allows }) => {
        const { home } = this;
        if (home.lock !== null && home.lock.operation !== operation) {
          throw fail('REVISION_CHANGED', { remedy: 'Wait.' }, `${home.name} is held already.`);
        }
        home.lock = { operation, allows };
        return {};
      }),
      handRoute(unlockCluster, async ({ operation }) => {
        if (this.home.lock?.operation === operation) this.home.lock = null;
        return {};
      }),
      handRoute(drainCluster, async ({ operation }) => {
        this.home.drainedFor = operation;
        this.home.isClosed = true;
        return { before: { batch: 'UP', gpu: 'UP' } };
      }),
      handRoute(undrainCluster, async () => {
        this.home.drainedFor = null;
        this.home.isClosed = false;
        return {};
      }),
      handRoute(lookAtDrain, async () => {
        const { home } = this;
        return {
          drained: home.isClosed,
          running: home.running().map(shown),
          pending: home.pending().map(shown),
        };
      }),
      handRoute(releaseNode, async ({ node, what }) => {
        const { home } = this;
        if (what === 'seat') {
          const done = world.nodes.get(node)?.giveSeat() ?? true;
          return { done, waitingFor: done ? '' : 'the others to take its seat over' };
        }
        const where = world.nodes.get(node)?.home;
        if (where === home) return { done: false, waitingFor: `${node} to go` };
        home.members.delete(node);
        home.drained.delete(node);
        return { done: true, waitingFor: '' };
      }),
      handRoute(welcomeNode, async ({ node }) => {
        this.home.members.add(node);
        return {};
      }),
      handRoute(exportTokens, async () => ({
        tokens: this.home.tokens.map(({ id }) => ({
          id,
          name: id,
          role: 'admin',
          digest: 'b'.repeat(64),
          createdAt: 1,
          expiresAt: null,
          revokedAt: null,
        })),
      })),
    ];
  }

  #nodeRoutes(): HandRoute[] {
    const world = this.#world;
    const cross = async (to: StagedSide) => {
      if (this.home === to && !this.#isGoing) return { state: 'there' as const };
      if (this.#isGoing) throw fail('TIMEOUT', { remedy: 'Wait.' }, 'It is on its way.');
      if (this.jobs.size > 0) {
        throw fail('REVISION_CHANGED', { remedy: 'Wait.' }, `Jobs are on ${this.name}.`);
      }
      this.#isGoing = true;
      void this.#go(to);
      return { state: 'begun' as const };
    };
    return [
      handRoute(lookAtCrosser, async () => ({
        cluster: { uuid: this.home.uuid, name: this.home.name },
        hostName: this.name,
        now: 1,
        agentVersion: '',
        slurmVersion: '',
        k3sVersion: '',
        mergingEnabled: true,
        freeBytes: 1,
        users: {},
        keepBytes: 1,
        kept: [],
      })),
      handRoute(lookAtEtcd, async () => ({
        memberId: null,
        leader: null,
        members: this.#isSeated
          ? [this.id, idOf('b1')].map((node) => ({
              node,
              memberId: node,
              isLearner: false,
              isAnswering: true,
              raftIndex: 1,
            }))
          : [],
      })),
      handRoute(keepNode, async ({ operation }) => {
        this.kept.add(operation);
        return { bytes: 1, files: 1, sum: SUM };
      }),
      handRoute(stageNode, async ({ enrolment }) => {
        this.staged = enrolment;
        return {};
      }),
      handRoute(crossOver, async ({ operation }) => {
        if (this.home !== world.gaining && (this.staged === '' || !this.kept.has(operation))) {
          throw refused('Nothing is staged.');
        }
        // as a node does that waits a while before it refuses
        while (this.home === world.losing && this.name !== 'b1' && this.#isSeated) {
          if (this.#seatUntil === null) throw refused('It has its seat still.');
          await world.clock.sleep(100);
        }
        if (this.name === 'b1' && this.home === world.losing && world.losing.jobs.size > 0) {
          world.broken ??= 'the anchor crossed with jobs left';
        }
        return cross(world.gaining);
      }),
      handRoute(crossBack, async ({ operation }) => {
        if (this.home !== world.losing && !this.kept.has(operation))
          throw refused('Nothing is kept.');
        return cross(world.losing);
      }),
      handRoute(dropKept, async ({ operation }) => {
        this.staged = '';
        return { files: this.kept.delete(operation) ? 1 : 0 };
      }),
      handRoute(proveNode, async ({ node }) => {
        const isFine = world.nodes.get(node)?.isStubborn !== true;
        const why = isFine ? '' : 'munge decodes nothing there.';
        return { munge: isFine, srun: isFine, why };
      }),
    ];
  }

  #slurmRoutes(): HandRoute[] {
    const world = this.#world;
    return [
      handRoute(lookAtWork, async () => {
        const { home, id } = this;
        if (!world.isUp(home)) throw fail('SERVER_ERROR', { remedy: '' }, 'sinfo failed.');
        const steps = [...this.jobs].map((job) => `${job}.batch`);
        return {
          name: home.members.has(id) ? this.name : null,
          state: home.drained.has(id) ? 'drained' : 'idle',
          reason: '',
          jobs: [...this.jobs].map((job) => ({
            id: job,
            name: job,
            user: 'ada',
            state: 'RUNNING',
          })),
          steps,
        };
      }),
      handRoute(drainWorker, async () => {
        this.#lastUsable ??= world.clock.monotonic();
        this.home.drained.add(this.id);
        return {};
      }),
      handRoute(resumeWorker, async () => {
        this.home.drained.delete(this.id);
        return {};
      }),
      handRoute(slurmAsk, async () => ({
        controllers: [{ name: this.home === world.gaining ? 'a1' : 'b1', up: true }],
        jobs: [],
      })),
      handRoute(slurmEnded, async ({ ids }) => ({
        ended: ids.filter((id) => !this.home.jobs.has(id)),
      })),
      handRoute(slurmMunge, async () => ({ ok: true, why: '' })),
    ];
  }

  #jobRoutes(): HandRoute[] {
    const world = this.#world;
    const waiting = (id: string) => {
      const job = this.home.jobs.get(id);
      return job?.state === 'PENDING' ? job : null;
    };
    return [
      handRoute(holdJob, async ({ id }) => {
        const job = waiting(id);
        if (job === null) return { state: 'gone' as const, wasHeld: false };
        job.was ??= job.held === 'user' ? 'user' : 'free';
        job.held = 'merge';
        return { state: 'held' as const, wasHeld: job.was === 'user' };
      }),
      handRoute(unholdJob, async ({ id }) => {
        const job = waiting(id);
        if (job === null) return {};
        // as it was before; a copy came held
        if (job.was !== null || job.key !== '') job.held = job.was ?? 'free';
        job.was = null;
        return {};
      }),
      handRoute(packJob, async ({ id }) => {
        const job = waiting(id);
        if (job === null) return { parcel: null, why: 'It is gone.' };
        return { parcel: this.home.parcelOf(job), why: '' };
      }),
      handRoute(unpackJob, async ({ parcel, dependency }) => {
        const { home } = this;
        const found = [...home.jobs.values()].find(({ key }) => key === parcel.key);
        if (found !== undefined) return { id: found.id, found: true };
        const needs = parcel.script.split(' needs ')[1] ?? '';
        const isKnown = [...world.nodes.values()].some(
          (node) => node.home === home && node.features.includes(needs),
        );
        if (needs !== '' && !isKnown) {
          throw fail('PARAMETER_REFUSED', { remedy: 'Later.' }, `No node has ${needs}.`);
        }
        const job = home.submit({
          origin: parcel.script,
          key: parcel.key,
          held: 'user',
          dependency,
          needs,
        });
        return { id: job.id, found: false };
      }),
      handRoute(findCarried, async ({ from }) => ({
        jobs: [...this.home.jobs.values()]
          .filter(({ key }) => key.startsWith(`${from}/`))
          .map(({ key, id, state, held }) => ({ key, id, state, held: held !== 'free' })),
      })),
      handRoute(cancelCarried, async ({ id }) => {
        const job = waiting(id);
        if (job === null) return {};
        if (job.held === 'free') throw refused('Only a held one is cancelled.');
        this.home.jobs.delete(id);
        this.home.fulfil(id, 'afterany');
        return {};
      }),
    ];
  }

  async #go(to: StagedSide): Promise<void> {
    const { clock } = this.#world;
    const since = clock.monotonic();
    await clock.sleep(30);
    this.isAnswering = false;
    await clock.sleep(CROSSING_MS);
    if (this.isTurnedAway) {
      this.isAnswering = true;
      this.#isGoing = false;
      return;
    }
    this.home = to;
    this.awayMs = clock.monotonic() - (this.#lastUsable ?? since);
    this.#lastUsable = null;
    to.members.add(this.id);
    this.crossings += 1;
    this.isAnswering = true;
    this.#isGoing = false;
  }
}

const shown = ({ id, origin, state, node, stays, dependency }: StagedJob) => ({
  id,
  name: origin,
  user: 'ada',
  uid: 2000,
  gid: 2000,
  account: '',
  partition: 'batch',
  state,
  nodes: node === '' ? [] : [node],
  stays:
    state === 'RUNNING'
      ? 'It runs.'
      : stays || (dependency.startsWith('running') ? 'It waits.' : ''),
});
