import { z } from 'zod';
import type { LabHost } from '#tests/lab/host';
import type { Lab } from '#tests/lab/lab';

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

/**
 * Whether every host that is on sees all of its cluster alive and working in SLURM.
 * @returns what is still missing, a sentence per host
 */
export async function notReady(lab: Lab): Promise<string[]> {
  const on = lab.hosts.filter((host) => host.isOn && !host.isCut);
  const sentences = await Promise.all(
    on.map(async (host) => {
      const wanted = on.filter((other) => other.cluster === host.cluster).length;
      const { agent, alive, workers, problems } = await viewOf(host);
      if (!agent) return `${host.name}: its agent does not answer yet.`;
      if (alive === wanted && workers === wanted) return '';
      const why = problems.length === 0 ? '' : ` It says: ${problems.join('; ')}`;
      return `${host.name} sees ${alive} of ${wanted} nodes alive, ${workers} ready for jobs.${why}`;
    }),
  );
  return sentences.filter((sentence) => sentence !== '');
}
