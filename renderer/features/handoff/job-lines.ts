import type { BlastItem, OperationPlan } from '#shared/contract/agent/operations';
import type { JobRow, PodRow } from '#shared/contract/inventory';

/** A job or pod of the plan, or one that came since, as it stands now. */
export interface JobLine {
  id: string;
  name: string;
  user: string;
  nodes: readonly string[];
  /** the word of SLURM or Kubernetes; null: it is not listed any more */
  job: Pick<JobRow, 'id' | 'state' | 'reason' | 'startedAt'> | null;
  pod: Pick<PodRow, 'phase' | 'ready'> | null;
  /** it was submitted after the operation had begun */
  isNew: boolean;
}

interface Live {
  jobs: Iterable<JobRow>;
  pods: ReadonlyMap<string, PodRow>;
}

const AT_MOST = 200;

/**
 * The jobs that the plan knew, in its order, then the others; at most 200.
 * @param begunAt when the operation began, unix ms
 */
export function jobLines(
  { blast }: Pick<OperationPlan, 'blast'>,
  live: Live,
  begunAt: number,
): JobLine[] {
  const jobs = new Map([...live.jobs].map((job) => [job.job, job]));
  const known = [...blast.cannot.items, ...blast.goes_on.items, ...blast.waits.items];
  const lines = known.map((item) => lineOf(item, jobs.get(item.id), live.pods));
  const names = new Set(known.map(({ id }) => id));
  const isAboutJobs = lines.length === 0 || lines.some(({ pod }) => pod === null);
  const others = isAboutJobs ? [...jobs.values()].filter(({ job }) => !names.has(job)) : [];
  return [
    ...lines,
    ...others.map((job) => ({
      id: job.job,
      name: job.name,
      user: job.user,
      nodes: job.nodes,
      job,
      pod: null,
      isNew: job.submittedAt > begunAt,
    })),
  ].slice(0, AT_MOST);
}

function lineOf(
  item: BlastItem,
  job: JobRow | undefined,
  pods: ReadonlyMap<string, PodRow>,
): JobLine {
  const pod = pods.get(`pod/${item.id}`) ?? null;
  return {
    id: item.id,
    name: item.name,
    user: item.user,
    nodes: job?.nodes ?? (pod === null ? item.nodes : [pod.node]),
    job: job ?? null,
    pod,
    isNew: false,
  };
}
