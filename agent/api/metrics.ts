import { memoryUsage } from 'node:process';
import { leadingNodes } from '../facts/assemble/leaders';
import type { Snapshot } from '../facts/types';

interface Metric {
  name: string;
  help: string;
  type: 'gauge' | 'counter';
  samples: { labels?: Record<string, string>; value: number }[];
}

interface Counters {
  requests: number;
  connections: number;
  streams: number;
}

/** Prometheus' text format 0.0.4; a node's own figures carry no node label: the scrape adds it. */
export function metricsText(snapshot: Snapshot, counters: Counters): string {
  return [...ofNode(snapshot), ...ofCluster(snapshot), ...ofAgent(snapshot, counters)]
    .filter(({ samples }) => samples.length > 0)
    .map(printed)
    .join('');
}

function ofNode({ self, facts, hardware }: Snapshot): Metric[] {
  const own = facts.get(self.id);
  const load = own?.load ?? null;
  return [
    gauge('node_cpu_cores', 'Cores of this node.', hardware.get(self.id)?.cpuCores),
    gauge('node_gpus', 'GPUs of this node.', hardware.get(self.id)?.gpus),
    gauge('node_cpu_used_ratio', 'Used fraction of all cores.', load?.cpu ?? undefined),
    gauge('node_memory_used_bytes', 'Used memory.', load?.memoryUsedBytes),
    gauge('node_memory_total_bytes', 'Memory.', load?.memoryTotalBytes),
    gauge('node_disk_used_bytes', 'Used space of the root disk.', load?.diskUsedBytes),
    gauge('node_disk_total_bytes', 'Space of the root disk.', load?.diskTotalBytes),
    {
      name: 'clusterdeck_node_role_healthy',
      help: 'Whether a role of this node is healthy.',
      type: 'gauge',
      samples: (own?.roles ?? []).map(({ name, healthy }) => ({
        labels: { role: name },
        value: healthy ? 1 : 0,
      })),
    },
    {
      name: 'clusterdeck_node_service_running',
      help: 'Whether a service of this node runs.',
      type: 'gauge',
      samples: (own?.units ?? []).map(({ name, status }) => ({
        labels: { service: name },
        value: status === 'running' ? 1 : 0,
      })),
    },
  ];
}

function ofCluster(snapshot: Snapshot): Metric[] {
  const { members, slurm, kube, problems, self } = snapshot;
  const leading = leadingNodes(snapshot);
  return [
    counted('members', 'Known members by status.', 'status', members, ({ status }) => status),
    counted('slurm_jobs', 'SLURM jobs by state.', 'state', slurm?.jobs ?? [], (job) =>
      job.state.toLowerCase(),
    ),
    counted('slurm_nodes', 'SLURM nodes by state.', 'state', slurm?.nodes ?? [], (node) =>
      node.drain === 'none' ? node.state : node.drain,
    ),
    counted('pods', 'Pods by phase.', 'phase', kube?.pods ?? [], ({ phase }) =>
      phase.toLowerCase(),
    ),
    counted('problems', 'Problems by severity.', 'severity', problems, (one) => one.severity),
    gauge('slurm_seen_timestamp_seconds', 'When SLURM last answered.', inSeconds(slurm?.asOf)),
    {
      name: 'clusterdeck_is_leader',
      help: 'Whether this node leads.',
      type: 'gauge',
      samples: Object.entries(leading).map(([what, elected]) => ({
        labels: { of: what },
        value: elected?.nodeId === self.id ? 1 : 0,
      })),
    },
  ];
}

function ofAgent({ version, cluster, state, startedAt }: Snapshot, counters: Counters): Metric[] {
  return [
    {
      name: 'clusterdeck_agent_info',
      help: 'Version of this agent and its cluster.',
      type: 'gauge',
      samples: [{ labels: { version, cluster: cluster.name }, value: 1 }],
    },
    gauge('state_writable', 'Whether the shared state can be changed.', state === 'ok' ? 1 : 0),
    gauge('agent_start_timestamp_seconds', 'When this agent started.', inSeconds(startedAt)),
    gauge('agent_resident_memory_bytes', 'Memory of this agent.', memoryUsage.rss()),
    gauge('agent_connections', 'Open connections to the API.', counters.connections),
    gauge('agent_event_streams', 'Watchers of events.', counters.streams),
    {
      ...gauge('agent_requests_total', 'Answered requests.', counters.requests),
      type: 'counter',
    },
  ];
}

function gauge(name: string, help: string, value: number | undefined): Metric {
  const samples = value === undefined ? [] : [{ value }];
  return { name: `clusterdeck_${name}`, help, type: 'gauge', samples };
}

function counted<T>(
  name: string,
  help: string,
  label: string,
  items: readonly T[],
  of: (item: T) => string,
): Metric {
  const samples = [...Map.groupBy(items, of)].map(([key, alike]) => ({
    labels: { [label]: key },
    value: alike.length,
  }));
  return { name: `clusterdeck_${name}`, help, type: 'gauge', samples };
}

function inSeconds(ms: number | null | undefined): number | undefined {
  return ms === null || ms === undefined ? undefined : ms / 1000;
}

function printed({ name, help, type, samples }: Metric): string {
  const lines = samples.map(({ labels = {}, value }) => {
    const pairs = Object.entries(labels).map(([key, text]) => `${key}="${escaped(text)}"`);
    return `${name}${pairs.length === 0 ? '' : `{${pairs.join(',')}}`} ${value}\n`;
  });
  return `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n${lines.join('')}`;
}

const escaped = (text: string) =>
  text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
