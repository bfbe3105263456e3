import type { OperationAnswer } from '#shared/contract/agent/operations';
import type { ClusterOperationView } from '#shared/contract/cluster-operations';

/** The newest moment that an answer names, by the cluster's own clock. */
export function newestMoment({ operation, log, pulse }: OperationAnswer): number {
  return Math.max(
    operation.created_at,
    operation.ended_at ?? 0,
    log.at(-1)?.at ?? 0,
    pulse?.points.at(-1)?.[0] ?? 0,
    ...operation.steps.flatMap(({ started_at, ended_at }) => [started_at ?? 0, ended_at ?? 0]),
  );
}

/**
 * By how many ms the cluster's clock is ahead of this one, so that the age of a running step is
 * right on a desk whose clock is not. An answer can only be late, so the highest seen is nearest;
 * a clock that is behind shows only where something is measured all the time.
 */
export function clockLead(knownMs: number, view: ClusterOperationView, now: number): number {
  const { answer, hearing } = view;
  if (answer === null || hearing.state !== 'live') return knownMs;
  const lead = newestMoment(answer) - now;
  if (lead > knownMs) return lead;
  const isMeasured = answer.pulse !== null && answer.operation.state === 'running';
  return isMeasured && knownMs === 0 ? lead : knownMs;
}
