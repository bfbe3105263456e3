import { z } from 'zod';
import type { LabHost } from '#tests/lab/host';

/** What is read of a host's own agent. */
export interface HostView {
  /** whether its agent answers */
  agent: boolean;
  /** members it sees alive, itself too */
  alive: number;
  /** workers that SLURM has idle, mixed or allocated, as the agent tells it */
  workers: number;
  /** one sentence each, as the agent tells them */
  problems: string[];
}

const nodes = z.object({
  nodes: z.array(
    z.object({ status: z.string(), slurm: z.object({ state: z.string() }).nullable() }),
  ),
});
const status = z.object({ problems: z.array(z.object({ title: z.string() })) });
const WORKING = ['idle', 'mixed', 'allocated', 'completing'];

export async function viewOf(host: LabHost): Promise<HostView> {
  try {
    const seen = nodes.parse((await host.api('/api/v1/nodes')).body).nodes;
    const { problems } = status.parse((await host.api('/api/v1/status')).body);
    return {
      agent: true,
      alive: seen.filter((node) => node.status === 'alive').length,
      workers: seen.filter((node) => WORKING.includes(node.slurm?.state ?? '')).length,
      problems: problems.map(({ title }) => title),
    };
  } catch {
    return { agent: false, alive: 0, workers: 0, problems: [] };
  }
}

const seats = z.object({ members: z.array(z.object({ isLearner: z.boolean().optional() })) });

/** How many nodes keep the cluster's state and vote, as etcd itself tells; 0: it does not answer. */
export async function votersOf(host: LabHost): Promise<number> {
  // on a k3s server it listens elsewhere than usual
  const where = '--endpoints=https://127.0.0.1:2379,https://127.0.0.1:2479';
  const { code, stdout } = await host.exec(['etcdctl', where, 'member', 'list', '-w', 'json']);
  if (code !== 0) return 0;
  return seats.parse(JSON.parse(stdout)).members.filter((one) => one.isLearner !== true).length;
}

/**
 * Whether every host that is on sees all of its cluster alive and working in SLURM, and the loss of
 * any one of three hosts or more can be borne.
 * @returns what is still missing, a sentence per host
 */
export async function notReady(hosts: readonly LabHost[]): Promise<string[]> {
  const on = hosts.filter((host) => host.isOn && !host.isCut);
  const clusters = Object.values(Object.groupBy(on, (host) => host.cluster));
  const sentences = await Promise.all(
    clusters.flatMap((cluster = []) => [
      ...cluster.map((host) => lackOf(host, cluster.length)),
      lackOfVoters(cluster),
    ]),
  );
  return sentences.filter((sentence) => sentence !== '');
}

async function lackOf(host: LabHost, wanted: number): Promise<string> {
  const { agent, alive, workers, problems } = await viewOf(host);
  if (!agent) return `${host.name}: its agent does not answer yet.`;
  if (alive === wanted && workers === wanted) return '';
  const why = problems.length === 0 ? '' : ` It says: ${problems.join('; ')}`;
  return `${host.name} sees ${alive} of ${wanted} nodes alive, ${workers} ready for jobs.${why}`;
}

async function lackOfVoters(cluster: readonly LabHost[]): Promise<string> {
  const [first] = cluster;
  if (first === undefined || cluster.length < 3) return '';
  const voters = await votersOf(first);
  return voters >= 3 ? '' : `${voters} of ${first.cluster}'s nodes keep its state; 3 are needed.`;
}
