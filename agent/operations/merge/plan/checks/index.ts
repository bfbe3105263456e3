import type { PlanCheck } from '#shared/contract/agent/operations';
import type { MergeParams } from '../../types';
import type { Survey } from '../survey';
import { clusterChecks } from './clusters';
import { kubeChecks } from './kube';
import { nameChecks } from './names';
import { nodeChecks } from './nodes';
import { slurmChecks } from './slurm';
import { userChecks } from './users';

/** Everything that must be right, or be known, before two clusters become one. */
export function checksOf(seen: Survey, leftJobs: MergeParams['leftJobs']): PlanCheck[] {
  return [
    ...clusterChecks(seen),
    ...nodeChecks(seen),
    ...nameChecks(seen),
    ...slurmChecks(seen, leftJobs),
    ...userChecks(seen),
    ...kubeChecks(seen),
  ];
}
