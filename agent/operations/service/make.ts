import { createHash } from 'node:crypto';
import type {
  AgentOperation,
  BlastItem,
  OperationPlan,
  PlanCheck,
} from '#shared/contract/agent/operations';
import { canonical } from '#shared/domain/canonical';
import { type Json, versionOf } from '../engine/types';
import type { Draft, OperationKind } from '../types';

const MAX_ITEMS = 200;

interface Made {
  at: number;
  by: string;
  /** what the service itself found out */
  checks: readonly PlanCheck[];
}

/** The plan that a draft becomes. Its hash covers what is done and what that rests on, no more. */
export function planFrom(kind: OperationKind, draft: Draft, made: Made): OperationPlan {
  const { params, facts, blast } = draft;
  const version = versionOf(kind, params);
  const steps = kind.steps(params);
  const about = canonical({ kind: kind.kind, version, params, facts });
  return {
    hash: createHash('sha256').update(about).digest('hex'),
    kind: kind.kind,
    version,
    title: draft.title,
    params: { ...params },
    procedure: draft.procedure,
    reason: draft.reason,
    checks: [...made.checks, ...draft.checks],
    steps: steps.map(({ id, title, detail, class: stepClass, part, expectedMs, deadlineMs }) => ({
      id,
      title,
      detail,
      class: stepClass,
      ...(part !== undefined && { part }),
      expected_ms: expectedMs,
      deadline_ms: deadlineMs,
    })),
    expected_pause_ms: draft.expectedPauseMs,
    expected_ms: steps.reduce((sum, { expectedMs }) => sum + expectedMs, 0),
    blast: {
      goes_on: bounded(blast.goesOn),
      waits: bounded(blast.waits),
      cannot: bounded(blast.cannot),
    },
    irreversible: [...draft.irreversible],
    confirm: draft.confirm,
    rollback_ms: draft.rollbackMs,
    made_at: made.at,
    made_by: made.by,
  };
}

/** The operation that an approved plan begins as. */
export function operationFrom(
  plan: OperationPlan,
  { id, by, at }: { id: string; by: string; at: number },
): AgentOperation {
  return {
    id,
    kind: plan.kind,
    version: plan.version,
    title: plan.title,
    plan_hash: plan.hash,
    params: plan.params,
    state: 'running',
    steps: plan.steps.map(({ detail: _detail, ...step }) => ({
      ...step,
      state: 'pending',
      found: false,
      attempts: 0,
      started_at: null,
      ended_at: null,
      waiting_on: null,
      progress: null,
      error: '',
    })),
    pivot_passed: false,
    epoch: 0,
    serial: 0,
    coordinator: '',
    notes: {},
    created_by: by,
    created_at: at,
    ended_at: null,
    rollback_until: null,
    reason: '',
  };
}

/** What differs between the facts of two plans, as `controllers.0`; '' stands for all of it. */
export function changedFacts(before: Json, now: Json, place = ''): string[] {
  if (canonical(before) === canonical(now)) return [];
  if (!isBranch(before) || !isBranch(now) || Array.isArray(before) !== Array.isArray(now)) {
    return [place];
  }
  const a: Record<string, Json> = Object.fromEntries(Object.entries(before));
  const b: Record<string, Json> = Object.fromEntries(Object.entries(now));
  return [...new Set([...Object.keys(a), ...Object.keys(b)])].flatMap((name) => {
    const where = place === '' ? name : `${place}.${name}`;
    const was = a[name];
    const is = b[name];
    return was === undefined || is === undefined ? [where] : changedFacts(was, is, where);
  });
}

const isBranch = (value: Json): value is { [name: string]: Json } | Json[] =>
  typeof value === 'object' && value !== null;

const bounded = ({ count, items }: { count: number; items: readonly BlastItem[] }) => ({
  count,
  items: items.slice(0, MAX_ITEMS),
});
