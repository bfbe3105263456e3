import type { StepContext } from '../../engine/types';
import { lookAtWork } from '../../leave/hands';
import type { PlannedStep } from '../../types';
import { cancelCarried, holdJob } from '../carry-hands';
import type { CrossingNode } from '../types';
import { carryAll, noteCarried } from './carry';
import { type MergeGround, MINUTE, named, SECOND } from './ground';
import { patiently } from './patience';

const PATIENCE_MS = 60 * MINUTE;

/** Which phase a node's steps belong to: those that control something go with the state. */
export const phaseOfNode = (ground: MergeGround, node: CrossingNode): string =>
  isControl(ground, node) ? 'State unification' : 'Service migration';

export const isControl = ({ params }: MergeGround, node: CrossingNode): boolean =>
  node.id === params.anchor ||
  node.isController ||
  node.roles.some((role) => role === 'slurm-controller' || role === 'k3s-server');

/** The anchor stays where any other node stays. */
export const wholeOnly = ({ params }: MergeGround, { id }: CrossingNode) =>
  id === params.anchor ? { wholeOnly: true } : {};

export const isWorker = ({ params }: MergeGround, { roles }: CrossingNode): boolean =>
  params.hasSlurm && roles.includes('slurm-worker');

/**
 * Waits until SLURM and the process table know of no job on a node; none is ended. Its partitions are
 * closed, so that none begins; the node itself is drained only just before it goes.
 */
export function emptyStep(ground: MergeGround, node: CrossingNode): PlannedStep {
  let all = 0;
  const left = async (context: StepContext): Promise<string | null> => {
    const work = await ground.there(context, lookAtWork, {}, node);
    const ids = work.jobs.map(({ id, user }) => `${id} of ${user}`);
    if (ids.length === 0 && work.steps.length === 0) return null;
    all = Math.max(all, ids.length);
    const text =
      ids.length > 0 ? named('job', ids) : named('step that SLURM lists no more', work.steps);
    context.waiting(text, all === 0 ? undefined : (all - ids.length) / all);
    return text;
  };
  return {
    id: `empty-${node.name}`,
    title: `${phaseOfNode(ground, node)}: wait for the jobs on ${node.name}`,
    detail: `It gets no new ones. Until neither SLURM nor the process table has one; none is ended, and when it takes long you are asked.`,
    class: 'idempotent',
    part: node.name,
    ...wholeOnly(ground, node),
    gradual: true,
    halts: true,
    asks: true,
    expectedMs: MINUTE,
    deadlineMs: PATIENCE_MS,
    // also one that is empty carries what slipped in since
    probe: async () => 'absent',
    // and what needed a node that has crossed meanwhile
    do: (context) =>
      patiently(ground, context, async () => {
        await carryAll(ground, context);
        await noteCarried(ground, context);
      }),
    verify: left,
  };
}

/** Before the losing cluster's controller goes: nobody waits or runs there any more. */
export function leftStep(ground: MergeGround): PlannedStep {
  const { losing, leftJobs } = ground.params;
  let tried = '';
  let reasons: ReadonlyMap<string, string> = new Map();
  const missing = async (context: StepContext): Promise<string | null> => {
    const { running, pending } = await ground.redrain(context);
    const queue = pending.map(({ id, stays }) => `${id} ${stays}`).join('\n');
    // what was refused before is not tried with each look
    if (queue !== '' && queue !== tried) {
      const { why, pending: still } = await carryAll(ground, context);
      tried = still.map(({ id, stays }) => `${id} ${stays}`).join('\n');
      reasons = why;
      await noteCarried(ground, context);
      if (still.length < pending.length) return missing(context);
    }
    if (running.length > 0) {
      return `${named(
        'running job',
        running.map(({ id, user }) => `${id} of ${user}`),
      )}`;
    }
    const [first] = pending;
    if (first === undefined) return null;
    const reason = reasons.get(first.id) ?? '';
    return `${named(
      'pending job',
      pending.map(({ id, user }) => `${id} of ${user}`),
    )} ${reason}`.trim();
  };
  return {
    id: 'left',
    title: `State unification: wait until no job is left in ${losing.name}`,
    detail:
      leftJobs === 'cancel'
        ? 'What runs ends where it is. Pending jobs that cannot be carried over are cancelled, as was approved.'
        : 'What runs ends where it is. Pending jobs that cannot be carried over are waited for; when it takes long you are asked.',
    class: 'idempotent',
    part: ground.anchor.name,
    wholeOnly: true,
    gradual: true,
    halts: true,
    asks: true,
    expectedMs: 5 * SECOND,
    deadlineMs: PATIENCE_MS,
    probe: async () => 'absent',
    do: (context) =>
      patiently(ground, context, async () => {
        const { pending, why } = await carryAll(ground, context);
        await noteCarried(ground, context);
        if (leftJobs !== 'cancel') return;
        const { operation } = context;
        for (const { id, user } of pending) {
          const { state } = await ground.there(context, holdJob, { id, operation });
          if (state !== 'held') continue;
          context.log(
            `job ${id} of ${user} is cancelled: ${why.get(id) ?? 'it cannot be carried over'}`,
          );
          await ground.there(context, cancelCarried, { id, operation });
        }
      }),
    verify: missing,
  };
}
