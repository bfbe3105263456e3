import { nodesAnswer, type StatusAnswer, statusAnswer } from '#shared/contract/agent/dashboard';
import { fail } from '#shared/contract/errors';
import { type CommandContext, loadConfig } from './context';
import { pairs, table } from './io';
import { readLocal } from './local-api';

/** `node-agent status`: exit code 0 also where there are problems, as long as the agent answers. */
export async function showStatus(context: CommandContext): Promise<0> {
  const { config } = await loadConfig(context);
  const { signal } = context.io;
  const [status, nodes] = await Promise.all([
    readLocal(config, '/api/v1/status', signal),
    readLocal(config, '/api/v1/nodes', signal),
  ]);
  const parsed = statusAnswer.safeParse(status);
  const members = nodesAnswer.safeParse(nodes);
  if (!parsed.success || !members.success) {
    throw fail('BAD_RESPONSE', {
      remedy: 'The agent that runs has another version: restart it.',
    });
  }
  context.out.result(status, () =>
    [
      overview(parsed.data),
      table(
        ['NODE', 'STATUS', 'ADDRESS', 'ROLES', 'SLURM'],
        members.data.nodes.map((node) => [
          node.name,
          node.authenticated ? node.status : `${node.status} (not authenticated)`,
          node.address,
          node.roles.join(', '),
          node.slurm?.state ?? '',
        ]),
      ),
      ...parsed.data.problems.map(
        ({ severity, title, detail, remedy, node }) =>
          `${severity.toUpperCase()} ${node === undefined ? '' : `${node}: `}${title} ${detail} ${remedy}`,
      ),
    ].join('\n\n'),
  );
  return 0;
}

function overview(status: StatusAnswer): string {
  const { node, networking, discovery, leadership, roles, agent } = status;
  const role = (name: string) => {
    const one = roles.find((found) => found.name === name);
    if (one === undefined) return '';
    const health = one.healthy ? 'healthy' : one.error || 'not healthy';
    return `${one.running ? 'running' : 'stopped'}, ${health}${one.is_leader ? ', leader' : ''}`;
  };
  return pairs([
    ['node', `${node.name} (${node.id})`],
    ['cluster', `${node.cluster} (${agent.cluster_uuid})`],
    ['agent', `${agent.version}, since ${new Date(agent.started_at * 1000).toISOString()}`],
    ['network', `${networking.type}${networking.connected ? '' : ', not connected'}`],
    ['members', `${discovery.members}${discovery.serf.running ? '' : ', serf does not answer'}`],
    ['state', `${leadership.mode}, ${agent.state}`],
    ...roles.map(({ name }): [string, string] => [name, role(name)]),
    ...(status.stale ? [['stale', status.stale_reason ?? 'yes'] as const] : []),
  ]);
}
