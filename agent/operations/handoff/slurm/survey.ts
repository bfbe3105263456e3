import type { z } from 'zod';
import { type ErrorCode, Failure } from '#shared/contract/errors';
import type { Member } from '../../../membership/types';
import type { SlurmConfig } from '../../../roles/slurm/config';
import type { HandContext } from '../../hands/types';
import { type HandoffJob, slurmAsk, slurmLook, slurmMunge } from './hands';
import { lastSeenAt, lastSeenJobs } from './jobs';
import { readRecord } from './record';
import { call, type SlurmStepDeps, slurmNodes } from './tools';

export type NodeLook = z.output<typeof slurmLook.output>;

/** What one look at a node gave, and when its clock was asked. */
export interface Asked {
  member: Member;
  /** null: it does not answer */
  look: NodeLook | null;
  /** how far its clock is ahead of this node's, at least; 0 where that cannot be told */
  skewMs: number;
}

/** Everything a plan rests on, as it is now. */
export interface Survey {
  config: SlurmConfig;
  from: Asked;
  to: Asked;
  /** the other nodes of SLURM, looked at lightly */
  others: Asked[];
  /** controllers as the target sees them; null: it cannot ask */
  controllers: { name: string; up: boolean }[] | null;
  jobs: HandoffJob[];
  /** when any node last saw SLURM work, unix ms; null: never */
  workedAt: number | null;
  /** munge of each of the two, decoded at the other; null: it could not be tried */
  munge: { at: string; of: string; why: string | null }[];
}

const LOOK_MS = 10_000;
const DEEP_MS = 30_000;

/** Looks at all that matters, at once. @throws Failure NOT_FOUND */
export async function survey(
  deps: SlurmStepDeps,
  context: HandContext,
  ends: { from: Member; to: Member },
): Promise<Survey> {
  const { from, to } = ends;
  const rest = slurmNodes(deps).filter(({ id }) => id !== from.id && id !== to.id);
  const [config, old, next, others] = await Promise.all([
    readRecord(deps.state),
    look(deps, context, from, true),
    look(deps, context, to, true),
    Promise.all(rest.map((member) => look(deps, context, member, false))),
  ]);
  const asks = next.look === null ? (old.look === null ? null : from) : to;
  const asked =
    asks === null ? null : await call(deps, context, asks.id, slurmAsk, {}).catch(() => null);
  const munge =
    old.look === null || next.look === null
      ? []
      : await Promise.all([munges(deps, context, from, to), munges(deps, context, to, from)]);
  return {
    config,
    from: old,
    to: next,
    others,
    controllers: asked?.controllers ?? null,
    jobs: asked?.jobs ?? (await lastSeenJobs(deps.state)),
    workedAt: await lastSeenAt(deps.state),
    munge,
  };
}

/** @param deep with what is needed for a plan */
export async function look(
  deps: SlurmStepDeps,
  context: HandContext,
  member: Member,
  deep: boolean,
): Promise<Asked> {
  const { clock } = deps;
  const begun = clock.now();
  try {
    const deadlineMs = deep ? DEEP_MS : LOOK_MS;
    const seen = await call(deps, context, member.id, slurmLook, { deep }, deadlineMs);
    const ended = clock.now();
    const there = seen.depth?.now ?? begun;
    // it was asked at some moment between the two: outside of that its clock is off
    const skewMs = there < begun ? there - begun : there > ended ? there - ended : 0;
    return { member, look: seen, skewMs };
  } catch (error) {
    if (!isSilent(error)) throw error;
    return { member, look: null, skewMs: 0 };
  }
}

const SILENT: ErrorCode[] = ['NODE_UNREACHABLE', 'TIMEOUT', 'AUTH_FAILED', 'TLS_CHANGED'];
const isSilent = (error: unknown) => error instanceof Failure && SILENT.includes(error.code);

async function munges(deps: SlurmStepDeps, context: HandContext, of: Member, at: Member) {
  const names = { at: at.name, of: of.name };
  try {
    const { ok, why } = await call(deps, context, of.id, slurmMunge, { at: at.id });
    return { ...names, why: ok ? null : why };
  } catch (error) {
    return { ...names, why: error instanceof Error ? error.message : 'It failed.' };
  }
}
