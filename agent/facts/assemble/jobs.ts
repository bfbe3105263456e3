import type { JobsAnswer } from '#shared/contract/agent/dashboard';
import type { Snapshot } from '../types';
import { freshnessOf, kubePart, slurmPart } from './freshness';

export function assembleJobs(snapshot: Snapshot): JobsAnswer {
  const { slurm, kube } = snapshot;
  return {
    jobs: {
      slurm: { jobs: slurm?.jobs ?? [], count: slurm?.jobCount ?? 0 },
      k3s: { pods: kube?.pods ?? [], count: kube?.podCount ?? kube?.pods.length ?? 0 },
    },
    ...freshnessOf(snapshot, [...slurmPart(snapshot), ...kubePart(snapshot)]),
  };
}
