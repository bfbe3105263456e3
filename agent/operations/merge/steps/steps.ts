import type { PlannedStep } from '../../types';
import { carryStep } from './carry';
import { keepStep, lockStep, pactStep } from './coordination';
import { crossStep } from './crossing';
import type { MergeGround } from './ground';
import { podSteps } from './pods';
import { drainStep, partitionsStep } from './services';
import { uniteStep } from './unite';
import { releaseStep, verifyStep } from './verify';
import { emptyStep, isWorker, leftStep } from './work';

/** grows when the steps change */
export const MERGE_STEPS_VERSION = 1;

/** All steps of a merge in their order: coordination, services, nodes one after another, proof. */
export function mergeSteps(ground: MergeGround): PlannedStep[] {
  const { hasSlurm, nodes, anchor } = ground.params;
  return [
    pactStep(ground),
    lockStep(ground),
    keepStep(ground),
    ...(hasSlurm ? [partitionsStep(ground), drainStep(ground), carryStep(ground)] : []),
    ...nodes.flatMap((node) => [
      ...(node.id === anchor ? [...(hasSlurm ? [leftStep(ground)] : []), uniteStep(ground)] : []),
      ...podSteps(ground, node),
      ...(isWorker(ground, node) ? [emptyStep(ground, node)] : []),
      crossStep(ground, node),
    ]),
    verifyStep(ground),
    releaseStep(ground),
  ];
}
