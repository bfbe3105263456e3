import type { z } from 'zod';
import { Failure, fail } from '#shared/contract/errors';
import type { StepContext } from '../../engine/types';
import { lookAtEtcd } from '../../handoff/etcd/hands';
import { drainWorker, lookAtWork, resumeWorker } from '../../leave/hands';
import { drainReason } from '../../leave/returning-record';
import type { PlannedStep } from '../../types';
import {
  crossBack,
  crossOver,
  lookAtCluster,
  proveNode,
  releaseNode,
  stageNode,
  welcomeNode,
} from '../hands';
import type { CrossingNode } from '../types';
import { type MergeGround, MINUTE, named, SECOND } from './ground';
import { patiently } from './patience';
import { emptyOfPods, forgetInKube } from './pods';
import { isWorker, phaseOfNode, wholeOnly } from './work';

const LOOK_MS = 250;
/** what is over sooner needs no words of its own */
const BRIEF_MS = 10 * SECOND;
/** how long SLURM may be silent where a node comes back */
const SLURM_MS = MINUTE;
const PROVE_MS = 60 * SECOND;
/** on the way back jobs of the gaining cluster may have to end first */
const BACK_MS = 60 * MINUTE;

/** One node's agent leaves the losing cluster and begins anew in the gaining one. */
export function crossStep(ground: MergeGround, node: CrossingNode): PlannedStep {
  const { gaining, losing, anchor, nodes } = ground.params;
  const isLast = node.id === anchor;
  const isCanary = node.id === nodes[0]?.id && !isLast;
  const crossing = new Crossing(ground, node);
  return {
    id: `cross-${node.name}`,
    title: `${phaseOfNode(ground, node)}: move ${node.name} to ${gaining.name}`,
    detail: isLast
      ? `The last node of ${losing.name}: its controller and its state end there and are kept. From here on the merge goes forward, until you roll it back.`
      : `Its seat in ${losing.name} is taken back, it is drained there, its agent begins anew in ${gaining.name}, and it is proved there: membership, munge, a test job.${isCanary ? ' It goes first, and nobody follows before it works.' : ''}`,
    class: isLast ? 'pivot' : 'idempotent',
    part: node.name,
    ...wholeOnly(ground, node),
    gradual: true,
    halts: true,
    expectedMs: 4 * SECOND,
    deadlineMs: 3 * MINUTE,
    undoDeadlineMs: BACK_MS,
    probe: async (context) => {
      const place = await ground.placeOf(context, node);
      if (place === 'losing') return 'absent';
      if (place === 'between') {
        context.waiting(`${node.name} to answer`);
        return 'unknown';
      }
      return (await crossing.missing(context)) === null ? 'done' : 'absent';
    },
    do: (context) => crossing.over(context),
    verify: (context) => crossing.missing(context),
    undo: (context) => crossing.back(context),
  };
}

/** One node on its way, in both directions. */
class Crossing {
  readonly #ground: MergeGround;
  readonly #node: CrossingNode;
  readonly #isLast: boolean;
  /** munge and a test job worked here under this coordinator: they are not tried with each look */
  #isProved = false;
  /** since when it lacks something where it went */
  #lacksSince: number | null = null;

  constructor(ground: MergeGround, node: CrossingNode) {
    this.#ground = ground;
    this.#node = node;
    this.#isLast = node.id === ground.params.anchor;
  }

  async over(context: StepContext): Promise<void> {
    this.#lacksSince = null;
    await patiently(this.#ground, context, () => this.#over(context));
  }

  /**
   * Begins with a look at where it is, and what it sends does no harm where it was done before. What
   * takes its time comes first: once it is drained nobody has it until it works where it goes.
   */
  async #over(context: StepContext): Promise<void> {
    const { deps, params } = this.#ground;
    const { operation } = context;
    const place = await this.#ground.placeOf(context, this.#node);
    if (place === 'gaining') return;
    if (place === 'between') throw notThere(this.#node.name);
    if (!this.#isLast) await this.#releaseSeat(context);
    const enrolment = await deps.enrolment();
    await this.#ground.there(context, stageNode, { operation, enrolment }, this.#node);
    await this.#drain(context);
    const wish = { operation, from: params.losing.uuid, to: params.gaining.uuid };
    await this.#until(context, async () => {
      try {
        await this.#ground.there(context, crossOver, wish, this.#node);
        return { done: true, waitingFor: '' };
      } catch (error) {
        // one that began before the node was drained ends first
        const work = isRefused(error) ? await this.#workThere(context) : '';
        if (work === '') throw error;
        return { done: false, waitingFor: work };
      }
    });
  }

  /** What it lacks to be the gaining cluster's; null where it works there. */
  async missing(context: StepContext): Promise<string | null> {
    const { gaining } = this.#ground.params;
    const { id, name } = this.#node;
    const place = await this.#ground.placeOf(context, this.#node);
    if (place !== 'gaining') return `${name} to join ${gaining.name}`;
    const lacking = await this.#lacks(context);
    if (lacking !== null) return lacking;
    if (this.#isLast) return null;
    const input = { node: id, what: 'member' } as const;
    const { done, waitingFor } = await this.#ground.there(context, releaseNode, input);
    return done ? null : waitingFor;
  }

  /** While its daemons come up anything may fail for a moment; what lasts is told with its reason. */
  async #lacks(context: StepContext): Promise<string | null> {
    const { gaining } = this.#ground.params;
    let why: string | null;
    try {
      why = (await this.#slurmLacks(context)) ?? (await this.#proof(context));
    } catch (error) {
      if (context.signal.aborted || !(error instanceof Failure)) throw error;
      why = error.message;
    }
    if (why === null) return null;
    const now = this.#ground.deps.clock.monotonic();
    this.#lacksSince ??= now;
    const text = `${this.#node.name} to work in ${gaining.name}`;
    return now - this.#lacksSince < BRIEF_MS || why === '' ? text : `${text}: ${why}`;
  }

  /** From wherever it is now; called again until it is whole. */
  async back(context: StepContext): Promise<void> {
    const { params } = this.#ground;
    const node = this.#node;
    const wish = {
      operation: context.operation,
      from: params.gaining.uuid,
      to: params.losing.uuid,
    };
    this.#isProved = false;
    const place = await this.#ground.placeOf(context, node);
    if (place === 'between') throw notThere(node.name);
    if (place === 'gaining') {
      await this.#emptyHere(context);
      await emptyOfPods(this.#ground, node, context);
      await this.#leaveHere(context, 'seat');
      await this.#ground.here(context, node.id, crossBack, wish);
      await this.#untilBack(context);
    } else {
      // one that was about to go is called back
      await this.#ground.there(context, crossBack, wish, node);
    }
    await this.#leaveHere(context, 'member');
    await forgetInKube(this.#ground, node, context);
    if (this.#isLast) await this.#untilWhole(context);
    else await this.#ground.there(context, welcomeNode, { node: node.id });
    await this.#resume(context);
  }

  /** Nothing begins on it any more, whoever opens a partition. */
  async #drain(context: StepContext): Promise<void> {
    if (!isWorker(this.#ground, this.#node)) return;
    const { name } = await this.#ground.there(context, lookAtWork, {}, this.#node);
    const reason = drainReason(context.operation);
    if (name !== null) await this.#ground.there(context, drainWorker, { reason }, this.#node);
  }

  async #resume(context: StepContext): Promise<void> {
    if (!isWorker(this.#ground, this.#node)) return;
    const { losing } = this.#ground.params;
    const reason = drainReason(context.operation);
    await this.#withSlurm(context, losing.name, () =>
      this.#ground.there(context, resumeWorker, { reason }, this.#node),
    );
  }

  /** Where a node has just come to a cluster, SLURM's commands find no controller for a moment. */
  async #withSlurm<T>(context: StepContext, cluster: string, ask: () => Promise<T>): Promise<T> {
    const { clock } = this.#ground.deps;
    for (const until = clock.monotonic() + SLURM_MS; ; ) {
      try {
        return await ask();
      } catch (error) {
        const isSlurm = error instanceof Failure && error.code === 'SERVER_ERROR';
        if (!isSlurm || clock.monotonic() > until) throw error;
      }
      context.waiting(`${this.#node.name} to work in ${cluster}`);
      await clock.sleep(LOOK_MS, context.signal);
    }
  }

  /** Jobs and steps on it in the losing cluster; '' where there is none. */
  async #workThere(context: StepContext): Promise<string> {
    if (!isWorker(this.#ground, this.#node)) return '';
    const { jobs, steps } = await this.#ground.there(context, lookAtWork, {}, this.#node);
    return leftOn(this.#node.name, jobs, steps);
  }

  async #slurmLacks(context: StepContext): Promise<string | null> {
    if (!isWorker(this.#ground, this.#node) || (await this.#ground.slurm()) === null) return null;
    const { name, state } = await this.#ground.here(context, this.#node.id, lookAtWork, {});
    if (name === null) return 'SLURM does not know it there.';
    const isReady = /^(idle|mixed|allocated|completing)$/.test(state);
    return isReady ? null : `SLURM calls it ${state} there.`;
  }

  async #proof(context: StepContext): Promise<string | null> {
    if (this.#isProved || !(await this.#hasWork())) return null;
    const { id, name } = this.#node;
    const asked = await this.#ground.gainingNode();
    const { munge, srun, why } = await this.#ground.here(
      context,
      asked,
      proveNode,
      { node: id },
      PROVE_MS,
    );
    this.#isProved = munge && srun && why === '';
    return this.#isProved ? null : why || `a test job on ${name}`;
  }

  async #hasWork(): Promise<boolean> {
    const { roles } = this.#node;
    if (roles.includes('k3s-agent')) return true;
    return isWorker(this.#ground, this.#node) && (await this.#ground.slurm()) !== null;
  }

  /** Its copy of the losing cluster's state is taken back while it lives; it notices a moment later. */
  async #releaseSeat(context: StepContext): Promise<void> {
    const { id } = this.#node;
    const input = { node: id, what: 'seat' } as const;
    await this.#until(context, () => this.#ground.there(context, releaseNode, input));
    await this.#until(context, async () => {
      const { members } = await this.#ground.there(context, lookAtEtcd, {}, this.#node);
      const done = members.length === 1 || !members.some(({ node }) => node === id);
      return { done, waitingFor: `${this.#node.name} to notice that its seat is taken over` };
    });
  }

  /** The same in the gaining cluster, for the way back. */
  async #leaveHere(context: StepContext, what: 'seat' | 'member'): Promise<void> {
    const asked = await this.#ground.gainingNode();
    const input = { node: this.#node.id, what };
    await this.#until(context, () => this.#ground.here(context, asked, releaseNode, input));
  }

  async #until(
    context: StepContext,
    ask: () => Promise<{ done: boolean; waitingFor: string }>,
  ): Promise<void> {
    for (;;) {
      const { done, waitingFor } = await ask();
      if (done) return;
      context.waiting(waitingFor);
      await this.#ground.deps.clock.sleep(LOOK_MS, context.signal);
    }
  }

  /** Jobs of the gaining cluster that run there by now end first; none is ended. */
  async #emptyHere(context: StepContext): Promise<void> {
    const { id, name } = this.#node;
    if (!isWorker(this.#ground, this.#node) || (await this.#ground.slurm()) === null) return;
    const look = () =>
      this.#withSlurm(context, this.#ground.params.gaining.name, () =>
        this.#ground.here(context, id, lookAtWork, {}),
      );
    const { name: known } = await look();
    const reason = drainReason(context.operation);
    if (known !== null) await this.#ground.here(context, id, drainWorker, { reason });
    for (;;) {
      const { jobs, steps } = await look();
      const left = leftOn(name, jobs, steps);
      if (left === '') return;
      context.waiting(left);
      await this.#ground.deps.clock.sleep(LOOK_MS, context.signal);
    }
  }

  async #untilBack(context: StepContext): Promise<void> {
    const { losing } = this.#ground.params;
    for (;;) {
      if ((await this.#ground.placeOf(context, this.#node)) === 'losing') return;
      context.waiting(`${this.#node.name} to be back in ${losing.name}`);
      await this.#ground.deps.clock.sleep(LOOK_MS, context.signal);
    }
  }

  /** The losing cluster lives again where its state was kept. */
  async #untilWhole(context: StepContext): Promise<void> {
    const { losing, hasSlurm } = this.#ground.params;
    for (;;) {
      const { state, slurm } = await this.#ground.there(context, lookAtCluster, {});
      if (state.healthy && (slurm !== null || !hasSlurm)) return;
      context.waiting(`${losing.name} to answer again`);
      await this.#ground.deps.clock.sleep(LOOK_MS, context.signal);
    }
  }
}

type Work = z.output<typeof lookAtWork.output>;

function leftOn(node: string, jobs: Work['jobs'], steps: Work['steps']): string {
  const left = jobs.length > 0 ? jobs.map((job) => `${job.id} of ${job.user}`) : steps;
  return left.length === 0 ? '' : `${named('job', left)} on ${node}`;
}

const isRefused = (error: unknown): boolean =>
  error instanceof Failure && error.code === 'REVISION_CHANGED';

const notThere = (node: string) =>
  fail(
    'NODE_UNREACHABLE',
    { remedy: `Bring ${node} back, or wait until it has arrived.`, node },
    `${node} answers in neither cluster.`,
  );
