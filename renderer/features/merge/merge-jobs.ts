import { type MergeParties, mergeNotes } from '#shared/contract/agent/merge';
import type { BlastItem, OperationAnswer } from '#shared/contract/agent/operations';
import type { JobRow } from '#shared/contract/inventory';
import type { Tone } from '../../ui/tone';
import { jobState } from '../clusteros/words';

/** A job of one of the two, with what became of it. */
export interface MergeJobLine {
  key: string;
  /** its number in this cluster */
  id: string;
  name: string;
  user: string;
  nodes: readonly string[];
  tone: Tone;
  word: string;
  /** why it stays, or where it came from; '' where there is nothing to say */
  note: string;
  /** it is not in this cluster any more */
  isGone: boolean;
  startedAt: number | null;
  /** its row among the jobs that its cluster lists; null where it lists it no longer */
  row: string | null;
}

type Answer = Pick<OperationAnswer, 'plan'> & {
  operation: Pick<OperationAnswer['operation'], 'notes' | 'state'>;
};

const AT_MOST = 200;

/** Number in the losing cluster to number in the gaining one. */
export const carriedJobs = ({ operation }: Answer): ReadonlyMap<string, string> =>
  new Map(mergeNotes.safeParse(operation.notes).data?.carried.map(({ id, to }) => [id, to]));

/**
 * The losing cluster's jobs: those that the plan knew, then those that came since.
 * @param jobs as they are there now; null where nobody can be asked for them
 */
export function losingJobs(
  answer: Answer,
  { nodes, gaining }: Pick<MergeParties, 'nodes' | 'gaining'>,
  jobs: Iterable<JobRow> | null,
): MergeJobLine[] {
  const own = new Set(nodes.map(({ name }) => name));
  const { waits, cannot, goes_on: running } = answer.plan.blast;
  const known = [
    ...running.items.filter((item) => item.nodes.some((node) => own.has(node))),
    ...cannot.items,
    ...waits.items,
  ];
  const now = jobs === null ? null : new Map([...jobs].map((job) => [job.job, job]));
  const carried = carriedJobs(answer);
  // the last node crosses only when no job is left
  const isDone = answer.operation.state === 'done';
  const names = new Set(known.map(({ id }) => id));
  const stays = new Map(cannot.items.map(({ id, note }) => [id, note]));
  const fromPlan = known.map((item) =>
    lineOf(item, now, carried.get(item.id), gaining.name, stays.get(item.id) ?? '', isDone),
  );
  const since = [...(now?.values() ?? [])].filter(({ job }) => !names.has(job));
  const late = [...carried].filter(([id]) => !names.has(id) && now?.has(id) !== true);
  return [
    ...fromPlan,
    ...since.map((job) => liveLine(job, carried.get(job.job) === undefined ? 'came since' : '')),
    ...late.map(([id, to]) => carriedLine({ id, name: '', user: '' }, to, gaining.name)),
  ].slice(0, AT_MOST);
}

/** The gaining cluster's jobs as they are now, those that were carried over first. */
export function gainingJobs(
  answer: Answer,
  { losing }: Pick<MergeParties, 'losing'>,
  jobs: Iterable<JobRow>,
): MergeJobLine[] {
  const from = new Map([...carriedJobs(answer)].map(([id, to]) => [to, id]));
  const lines = [...jobs].map((job) => {
    const before = from.get(job.job);
    return liveLine(job, before === undefined ? '' : `${before} in ${losing.name}`);
  });
  return lines
    .toSorted((a, b) => Number(from.has(b.id)) - Number(from.has(a.id)))
    .slice(0, AT_MOST);
}

function lineOf(
  item: BlastItem,
  now: ReadonlyMap<string, JobRow> | null,
  to: string | undefined,
  gaining: string,
  stays: string,
  isDone: boolean,
): MergeJobLine {
  const job = now?.get(item.id);
  if (to !== undefined && (job === undefined || jobState(job).tone === 'idle')) {
    return carriedLine(item, to, gaining);
  }
  if (job !== undefined) return liveLine(job, stays);
  const isKnown = now !== null || isDone;
  return {
    key: item.id,
    id: item.id,
    name: item.name,
    user: item.user,
    nodes: item.nodes,
    tone: 'idle',
    word: isKnown ? 'ended since' : `was ${item.state.toLowerCase()}`,
    note: stays,
    isGone: isKnown,
    startedAt: null,
    row: null,
  };
}

const carriedLine = (
  { id, name, user }: Pick<BlastItem, 'id' | 'name' | 'user'>,
  to: string,
  gaining: string,
): MergeJobLine => ({
  key: id,
  id,
  name,
  user,
  nodes: [],
  tone: 'ok',
  word: `carried over as ${to}`,
  note: `in ${gaining}`,
  isGone: true,
  startedAt: null,
  row: null,
});

const liveLine = (job: JobRow, note: string): MergeJobLine => ({
  key: job.job,
  id: job.job,
  name: job.name,
  user: job.user,
  nodes: job.nodes,
  ...jobState(job),
  note,
  isGone: false,
  startedAt: job.startedAt,
  row: job.id,
});
