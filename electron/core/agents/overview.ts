import { z } from 'zod';
import {
  type AgentProblem,
  agentProblem,
  jobsAnswer,
  type NodeAnswer,
  nodeAnswer,
  nodesAnswer,
  type OverviewAnswer,
  overviewAnswer,
  type SlurmJob,
  servicesAnswer,
  slurmJob,
  statusAnswer,
} from '#shared/contract/agent/dashboard';
import { badAnswer, notAgent } from './answer';

type K8sPod = OverviewAnswer['jobs']['jobs']['k3s']['pods'][number];
type Services = OverviewAnswer['services'];
type Partition = Services['partitions'][number];
type FoundService = NonNullable<Services['services']['endpoints']>[string];

/** An overview whose rows were read one by one. */
export interface Overview {
  status: Omit<OverviewAnswer['status'], 'problems'>;
  problems: AgentProblem[];
  nodes: NodeAnswer[];
  leaders: OverviewAnswer['leaders']['leaders'];
  services: Omit<Services['services'], 'endpoints'>;
  endpoints: [string, FoundService][];
  partitions: Partition[];
  cluster: OverviewAnswer['cluster'];
  jobs: SlurmJob[];
  /** of all jobs, also those that did not fit */
  jobCount: number;
  pods: K8sPod[];
  podCount: number;
  rights: OverviewAnswer['rights'];
  /** unix seconds of the oldest part */
  asOf: number;
  /** why it is older than it should be; null: it is fresh */
  staleReason: string | null;
  /** rows that could not be understood */
  dropped: number;
}

const rows = z.array(z.unknown()).max(200_000);
const { endpoints: endpointsShape, ...components } = servicesAnswer.shape.services.shape;
const found = endpointsShape.unwrap().valueType;
const { slurm, k3s } = jobsAnswer.shape.jobs.shape;
const pod = k3s.shape.pods.element;
const partition = servicesAnswer.shape.partitions.element;

/** The frame of the answer; a row in it that lies must not take the others with it. */
const frame = overviewAnswer.extend({
  status: statusAnswer.extend({ problems: rows }),
  nodes: nodesAnswer.extend({ nodes: rows }),
  services: servicesAnswer.extend({
    services: z.object({ ...components, endpoints: z.record(z.string(), z.unknown()).optional() }),
    partitions: rows,
  }),
  jobs: jobsAnswer.extend({
    jobs: z.object({
      slurm: slurm.extend({ jobs: rows }),
      k3s: k3s.extend({ pods: rows }),
    }),
  }),
});

/** Prometheus answers on the same port under the same path. */
const marks = z.looseObject({ status: z.object({ node: z.object({}), agent: z.object({}) }) });

/** Reads `GET /api/v1/overview`. @throws Failure NOT_AGENT | BAD_RESPONSE */
export function readOverview(data: unknown, endpoint: string): Overview {
  const parsed = frame.safeParse(data);
  if (!parsed.success) {
    if (!marks.safeParse(data).success) {
      throw notAgent('Its answer is not the overview of a cluster.', endpoint);
    }
    const at = parsed.error.issues[0]?.path.join('.') ?? '';
    throw badAnswer(`An unexpected value at ${at}.`, endpoint);
  }
  const { status, nodes, leaders, services, cluster, jobs, rights } = parsed.data;
  const { problems, ...rest } = status;
  const { endpoints = {}, ...parts } = services.services;
  const read = new Rows();
  const parts6 = [status, nodes, leaders, services, cluster, jobs];
  return {
    status: rest,
    problems: read.all(problems, agentProblem),
    nodes: read.all(nodes.nodes, nodeAnswer),
    leaders: leaders.leaders,
    services: parts,
    endpoints: read.entries(endpoints, found),
    partitions: read.all(services.partitions, partition),
    cluster,
    jobs: read.all(jobs.jobs.slurm.jobs, slurmJob),
    jobCount: jobs.jobs.slurm.count,
    pods: read.all(jobs.jobs.k3s.pods, pod),
    podCount: jobs.jobs.k3s.count,
    rights,
    asOf: Math.min(...parts6.map((part) => part.as_of)),
    staleReason: reasonOf(parts6),
    dropped: read.dropped,
  };
}

function reasonOf(parts: readonly { stale: boolean; stale_reason?: string | undefined }[]) {
  const stale = parts.filter((part) => part.stale);
  if (stale.length === 0) return null;
  const reasons = new Set(stale.flatMap(({ stale_reason: reason }) => reason ?? []));
  return reasons.size === 0 ? 'The agent knows nothing newer.' : [...reasons].join(' ');
}

/** Reads each row by itself: one that lies about its types is left out and counted. */
class Rows {
  dropped = 0;

  all<Row>(data: readonly unknown[], schema: z.ZodType<Row>): Row[] {
    return data.flatMap((row) => this.#one(row, schema));
  }

  entries<Row>(data: Record<string, unknown>, schema: z.ZodType<Row>): [string, Row][] {
    return Object.entries(data).flatMap(([key, row]) =>
      this.#one(row, schema).map((one): [string, Row] => [key, one]),
    );
  }

  #one<Row>(row: unknown, schema: z.ZodType<Row>): Row[] {
    const parsed = schema.safeParse(row);
    if (parsed.success) return [parsed.data];
    this.dropped += 1;
    return [];
  }
}
