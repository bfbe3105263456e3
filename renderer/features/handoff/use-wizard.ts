import { useMutation, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useLocation } from 'wouter';
import type { OperationPlan } from '#shared/contract/agent/operations';
import type { WantedOperation } from '#shared/contract/cluster-operations';
import type { Cluster } from '#shared/contract/clusters';
import { useParam } from '../../app/address';
import { useClient, useOrpc } from '../../app/context';
import { problemOf } from '../../transport/failure';
import { operationHref } from './address';
import { planChanges } from './plan-changes';
import type { Stage } from './stage-bar';

const LOOK_AGAIN_MS = 5000;
const WIZARD_STAGES = ['choose', 'checks', 'plan', 'approve'] as const satisfies Stage[];
export type WizardStage = (typeof WIZARD_STAGES)[number];

/** The stage that the address names; without something to plan one has to choose first. */
export function useWizardStage(isChosen: boolean): [WizardStage, (stage: WizardStage) => void] {
  const [named, set] = useParam('stage');
  const stage = WIZARD_STAGES.find((known) => known === named) ?? 'choose';
  return [isChosen ? stage : 'choose', (next) => set(next === 'choose' ? null : next)];
}

/**
 * The plan of what was chosen. While its checks are looked at it is made anew every few seconds, for
 * making one changes nothing; from then on it stands still, for it is approved as it was read.
 */
export function usePlan(wanted: WantedOperation | null, stage: WizardStage) {
  const orpc = useOrpc();
  const [approved, setApproved] = useState<OperationPlan | null>(null);
  const isLooking = stage === 'checks';
  const query = useQuery({
    ...(wanted === null
      ? { queryKey: ['no plan'], queryFn: () => null }
      : orpc.clusterOperations.plan.queryOptions({ input: wanted })),
    enabled: wanted !== null && stage !== 'choose',
    refetchInterval: isLooking ? LOOK_AGAIN_MS : false,
    refetchOnMount: isLooking ? 'always' : true,
    staleTime: Number.POSITIVE_INFINITY,
    retry: false,
  });
  const plan = query.data ?? null;
  return {
    plan,
    problem: query.isError ? problemOf(query.error) : null,
    isLooking: query.isFetching,
    lookedAt: query.dataUpdatedAt,
    look: () => query.refetch(),
    /** what differs from the plan that could not be started any more; null where that did not happen */
    changes: approved !== null && plan !== null ? planChanges(approved, plan) : null,
    /** Makes the plan anew after the approved one was found to be stale. */
    renew: async (stale: OperationPlan) => {
      await query.refetch();
      setApproved(stale);
    },
    forget: () => setApproved(null),
  };
}

export type Planning = ReturnType<typeof usePlan>;

interface Approval {
  plan: OperationPlan;
  confirm: string;
  confirmCluster: string;
  confirmAlso: string;
}

/**
 * Begins what was planned, once, and goes to where it is watched.
 * @param also the cluster that is taken up, where two are merged
 */
export function useStart(
  cluster: Cluster,
  also: Cluster | undefined,
  onStale: (plan: OperationPlan) => void,
) {
  const client = useClient();
  const [, navigate] = useLocation();
  return useMutation({
    mutationFn: ({ plan, confirm, confirmCluster, confirmAlso }: Approval) =>
      also === undefined
        ? client.clusterOperations.start({
            uuid: cluster.uuid,
            planHash: plan.hash,
            confirm,
            ...(confirmCluster !== '' && { confirmCluster }),
          })
        : client.merge.start({
            gaining: cluster.uuid,
            losing: also.uuid,
            planHash: plan.hash,
            confirm,
            ...(confirmCluster !== '' && { confirmGaining: confirmCluster }),
            ...(confirmAlso !== '' && { confirmLosing: confirmAlso }),
          }),
    onSuccess: ({ id }) => navigate(`${operationHref(cluster.clusterId, id)}?`),
    onError: (error, { plan }) => {
      if (problemOf(error).code === 'PLAN_STALE') onStale(plan);
    },
  });
}
