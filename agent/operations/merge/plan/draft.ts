import { z } from 'zod';
import { mergeWish } from '#shared/contract/agent/merge';
import { fail } from '#shared/contract/errors';
import { decideMerge, type MergeSide } from '#shared/domain/merge-decision';
import type { Json } from '../../engine/types';
import type { HandContext } from '../../hands/types';
import type { Draft } from '../../types';
import type { MergeParams } from '../types';
import { blastOf } from './blast';
import { checksOf } from './checks';
import { factsOf } from './facts';
import { irreversibleOf } from './irreversible';
import { type ClusterLook, orderOf } from './order';
import { type MergePlanDeps, type Survey, survey } from './survey';

const DAY_MS = 24 * 3_600_000;

/** `params` as the steps take them. */
export type MergeDraft = Omit<Draft, 'params'> & { params: MergeParams };

/**
 * The plan of a merge, asked of a node of the cluster that stays. Looks and changes nothing.
 * @throws Failure INVALID_INPUT | NOT_FOUND (no pact) | NODE_UNREACHABLE
 */
export async function draftMerge(
  deps: MergePlanDeps,
  params: Readonly<Record<string, Json>>,
  context: HandContext,
): Promise<MergeDraft> {
  const wish = mergeWish.safeParse(params);
  if (!wish.success) {
    const remedy = 'Name the cluster that is to be taken up by its uuid.';
    throw fail('INVALID_INPUT', { remedy, field: 'params' }, z.prettifyError(wish.error));
  }
  const seen = await survey(deps, wish.data.losing, context);
  return draftOf(seen, wish.data.left_jobs);
}

/** What was seen, as a plan. Pure. */
export function draftOf(seen: Survey, leftJobs: MergeParams['leftJobs']): MergeDraft {
  const { gaining, losing, anchor } = seen;
  const decision = decideMerge(sideOf(gaining), sideOf(losing), losing.cluster.uuid);
  const params: MergeParams = {
    gaining: named(gaining),
    losing: named(losing),
    nodes: orderOf(losing, anchor),
    anchor: anchor.id,
    hasSlurm: losing.slurm !== null,
    leftJobs,
  };
  return {
    title: `Merge ${losing.cluster.name} into ${gaining.cluster.name}`,
    params,
    facts: factsOf(seen),
    procedure: '',
    reason: reasonOf(decision.reason, params),
    checks: checksOf(seen, leftJobs),
    expectedPauseMs: 0,
    blast: blastOf(seen, leftJobs),
    irreversible: irreversibleOf(seen, leftJobs),
    confirm: losing.cluster.name,
    rollbackMs: DAY_MS,
  };
}

function reasonOf(decided: string, { gaining, losing, nodes }: MergeParams): string {
  const [canary] = nodes;
  const last = nodes.at(-1);
  const order =
    nodes.length === 1
      ? `Its one node crosses as soon as no job is left there.`
      : `${canary?.name} crosses first and is tried before another one follows; ${last?.name} crosses last.`;
  return `${decided} So ${gaining.name} stays and takes up ${losing.name}. ${order}`;
}

const named = ({ cluster: { uuid, name } }: ClusterLook) => ({ uuid, name });

const sideOf = ({ cluster, members, now }: ClusterLook): MergeSide => ({
  cluster,
  created_at: cluster.createdAt,
  made_at: now,
  nodes: members.map(({ alive, stableSince }) => ({ alive, stable_since: stableSince })),
});
