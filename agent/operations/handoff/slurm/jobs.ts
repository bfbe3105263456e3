import { z } from 'zod';
import { LOOK_KEY, SEEN_KEY, toldLook, toldSeen, unpackSeen } from '../../../roles/slurm/told';
import type { State } from '../../../state/types';
import type { HandoffJob } from './hands';

const JOBS_KEY = 'slurm/handoff-jobs';
const MAX_IDS = 20_000;

const record = z.object({ operation: z.string(), ids: z.array(z.string()) });

/** One name for an array and its tasks, whose own come and go. */
export const jobBase = (id: string) => /^\d+/.exec(id)?.[0] ?? id;

type JobsState = Pick<State, 'get' | 'commit'>;

/** The jobs that there were before, to be found again afterwards. @returns null: not written yet */
export async function jobsBefore(state: JobsState, operation: string): Promise<string[] | null> {
  const found = record.safeParse((await state.get(JOBS_KEY))?.value).data;
  return found?.operation === operation ? found.ids : null;
}

export async function keepJobs(
  state: JobsState,
  operation: string,
  jobs: readonly Pick<HandoffJob, 'id'>[],
): Promise<void> {
  const ids = [...new Set(jobs.map(({ id }) => jobBase(id)))].slice(0, MAX_IDS);
  await state.commit([], [{ key: JOBS_KEY, put: { operation, ids } }]);
}

export async function forgetJobs(state: JobsState): Promise<void> {
  await state.commit([], [{ key: JOBS_KEY, delete: true }]);
}

/** What was last seen of the jobs, where no controller can be asked. */
export async function lastSeenJobs(state: Pick<State, 'get'>): Promise<HandoffJob[]> {
  const told = toldSeen.safeParse((await state.get(SEEN_KEY, { stale: true }))?.value).data;
  return told === undefined
    ? []
    : unpackSeen(told).jobs.map(({ id, name, user, state: word, nodes }) => ({
        id,
        name,
        user,
        state: word,
        nodes,
      }));
}

/** When SLURM was last seen at work by any node, unix ms; null: never. */
export async function lastSeenAt(state: Pick<State, 'get'>): Promise<number | null> {
  const entry = await state.get(LOOK_KEY, { stale: true });
  return toldLook.safeParse(entry?.value).data?.asOf ?? null;
}
