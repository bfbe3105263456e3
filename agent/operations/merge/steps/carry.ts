import type { z } from 'zod';
import type { StepContext } from '../../engine/types';
import type { PlannedStep } from '../../types';
import { type lookAtDrain, undrainCluster } from '../hands';
import { CarriedJobs } from './carried';
import { Carrier } from './carrier';
import { type MergeGround, MINUTE, named, SECOND } from './ground';
import { patiently } from './patience';
import { drainedBefore } from './services';

/** What the losing cluster's queue has after all that could be carried was. */
export interface Queue {
  running: Listed;
  pending: Listed;
  /** why a pending one stays, by its number */
  why: ReadonlyMap<string, string>;
}
type Listed = z.output<typeof lookAtDrain.output>['running'];

/**
 * Carries over whatever waits in the losing cluster and can be carried now, also what slipped in since
 * the last time.
 */
export async function carryAll(ground: MergeGround, context: StepContext): Promise<Queue> {
  const seen = await ground.redrain(context);
  const isWaiting = seen.pending.some(({ stays }) => stays === '');
  const isOpen = await hasOpen(ground, context);
  if (!isWaiting && !isOpen) return { ...seen, why: reasons(seen.pending) };
  const carrier = new Carrier(ground, context, await ground.gainingNode());
  const why = await carrier.over(seen.pending);
  const now = await ground.redrain(context);
  return { ...now, why: new Map([...reasons(now.pending), ...why]) };
}

const SHOWN = 500;

/** Notes which number each carried job has now, for those who watch. */
export async function noteCarried(ground: MergeGround, context: StepContext): Promise<void> {
  const records = await new CarriedJobs(ground.deps.state, context).list();
  const carried = records.flatMap(({ id, to }) => (to === null ? [] : [{ id, to }]));
  context.keep('jobsCarried', carried.length);
  context.keep('jobsKnown', carried.length);
  context.keep('carried', carried.slice(0, SHOWN));
}

/** Pending jobs of the losing cluster wait in the gaining one from now on. */
export function carryStep(ground: MergeGround): PlannedStep {
  const { gaining, losing } = ground.params;
  const left = async (context: StepContext) => {
    const { pending, why } = await carryAll(ground, context);
    const open = pending.filter(({ id }) => !why.has(id));
    return { open, stays: pending.length - open.length };
  };
  return {
    id: 'carry',
    title: `Service migration: carry pending jobs from ${losing.name} to ${gaining.name}`,
    detail:
      'Each is held, submitted anew under a key that names it, cancelled at its old place and released at the new one: it runs once. What cannot be carried stays and is told.',
    class: 'idempotent',
    gradual: true,
    halts: true,
    expectedMs: 3 * SECOND,
    deadlineMs: 30 * MINUTE,
    probe: async () => 'absent',
    async do(context) {
      await patiently(ground, context, () => carryAll(ground, context));
    },
    async verify(context) {
      const { open, stays } = await left(context);
      if (open.length > 0)
        return named(
          'job',
          open.map(({ id }) => id),
        );
      await noteCarried(ground, context);
      context.keep('jobsStay', stays);
      return null;
    },
    async undo(context) {
      // a drained partition takes no submission, also not of jobs that come back
      const before = drainedBefore(context);
      if (before !== null) await ground.there(context, undrainCluster, { before });
      await new Carrier(ground, context, await ground.gainingNode()).back();
      await noteCarried(ground, context);
    },
  };
}

async function hasOpen(ground: MergeGround, context: StepContext): Promise<boolean> {
  const records = await new CarriedJobs(ground.deps.state, context).list();
  return records.some(({ isReleased }) => !isReleased);
}

/** Jobs that cannot be carried, with why. */
const reasons = (jobs: Listed): Map<string, string> =>
  new Map(jobs.flatMap(({ id, stays }) => (stays === '' ? [] : [[id, stays]])));
