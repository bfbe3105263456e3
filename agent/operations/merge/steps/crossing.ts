import { Failure, fail } from '#shared/contract/errors';
import type { StepContext } from '../../engine/types';
import { drainWorker, lookAtWork } from '../../leave/hands';
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
import { emptyOfPods, forgetInKube } from './pods';
import { isWorker, phaseOfNode, wholeOnly } from './work';

const LOOK_MS = 250;
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
      : `Its seat in ${losing.name} is taken back, its agent begins anew in ${gaining.name}, and it is proved there: membership, munge, a test job.${isCanary ? ' It goes first, and nobody follows before it works.' : ''}`,
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
      if (place === 'between') return 'unknown';
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

  constructor(ground: MergeGround, node: CrossingNode) {
    this.#ground = ground;
    this.#node = node;
    this.#isLast = node.id === ground.params.anchor;
  }

  async over(context: StepContext): Promise<void> {
    const { deps, params } = this.#ground;
    const { operation } = context;
    if ((await this.#ground.placeOf(context, this.#node)) === 'gaining') return;
    if (!this.#isLast) await this.#release(context, 'seat');
    const enrolment = await deps.enrolment();
    await this.#ground.there(context, stageNode, { operation, enrolment }, this.#node);
    const wish = { operation, from: params.losing.uuid, to: params.gaining.uuid };
    await this.#ground.there(context, crossOver, wish, this.#node);
  }

  /** What it lacks to be the gaining cluster's; null where it works there. */
  async missing(context: StepContext): Promise<string | null> {
    const { gaining } = this.#ground.params;
    const { name } = this.#node;
    const place = await this.#ground.placeOf(context, this.#node);
    if (place !== 'gaining') return `${name} to join ${gaining.name}`;
    const idle = await this.#slurmLacks(context);
    if (idle !== null) return idle;
    const proof = await this.#proof(context);
    if (proof !== null) return proof;
    if (this.#isLast) return null;
    const { done, waitingFor } = await this.#ground.there(context, releaseNode, {
      node: this.#node.id,
      what: 'member',
    });
    return done ? null : waitingFor;
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
    if (this.#isLast) return this.#untilWhole(context);
    await this.#ground.there(context, welcomeNode, { node: node.id });
  }

  async #slurmLacks(context: StepContext): Promise<string | null> {
    if (!isWorker(this.#ground, this.#node) || (await this.#ground.slurm()) === null) return null;
    const { gaining } = this.#ground.params;
    // its commands find no controller before its slurm.conf is written
    const work = await this.#workHere(context);
    if (work === null) return `SLURM of ${gaining.name} to take ${this.#node.name}`;
    const isReady = work.name !== null && /^(idle|mixed|allocated|completing)$/.test(work.state);
    if (isReady) return null;
    const state = work.name === null ? 'unknown there' : work.state;
    return `SLURM of ${gaining.name} to take ${this.#node.name} (${state})`;
  }

  async #workHere(context: StepContext) {
    try {
      return await this.#ground.here(context, this.#node.id, lookAtWork, {});
    } catch (error) {
      if (error instanceof Failure && error.code === 'SERVER_ERROR') return null;
      throw error;
    }
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

  /** Its copy of the losing cluster's state is taken back while it lives. */
  async #release(context: StepContext, what: 'seat' | 'member'): Promise<void> {
    const input = { node: this.#node.id, what };
    await this.#until(context, () => this.#ground.there(context, releaseNode, input));
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
    const { name: known } = await this.#ground.here(context, id, lookAtWork, {});
    const reason = drainReason(context.operation);
    if (known !== null) await this.#ground.here(context, id, drainWorker, { reason });
    for (;;) {
      const { jobs, steps } = await this.#ground.here(context, id, lookAtWork, {});
      const left = jobs.length > 0 ? jobs.map((job) => `${job.id} of ${job.user}`) : steps;
      if (left.length === 0) return;
      context.waiting(`${named('job', left)} on ${name}`);
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

const notThere = (node: string) =>
  fail(
    'NODE_UNREACHABLE',
    { remedy: `Bring ${node} back, or wait until it has arrived.`, node },
    `${node} is in neither cluster now.`,
  );
