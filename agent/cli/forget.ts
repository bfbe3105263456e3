import { forgottenAnswer } from '#shared/contract/agent/actions';
import { nodesAnswer } from '#shared/contract/agent/dashboard';
import { fail } from '#shared/contract/errors';
import { type CommandContext, loadConfig } from './context';
import { localLine, readLocal } from './local-api';

/** `node-agent forget`: for a node whose disk is gone, so that another may take its name. */
export async function forgetNode(nameOrId: string, context: CommandContext): Promise<0> {
  const { config } = await loadConfig(context);
  const { signal } = context.io;
  const known = nodesAnswer.safeParse(await readLocal(config, '/api/v1/nodes', signal));
  if (!known.success) throw otherVersion();
  const node = known.data.nodes.find(
    ({ id, name, authenticated }) => authenticated && (id === nameOrId || name === nameOrId),
  );
  if (node === undefined) {
    throw fail(
      'NOT_FOUND',
      { remedy: 'Take a name of: node-agent status', node: nameOrId },
      `The cluster has no node ${nameOrId}.`,
    );
  }
  const path = `/api/v1/nodes/${encodeURIComponent(node.id)}`;
  const answer = forgottenAnswer.safeParse(
    await localLine(config).act('DELETE', path, undefined, signal),
  );
  if (!answer.success) throw otherVersion();
  context.out.result({ ok: true, id: node.id, name: node.name }, () => answer.data.message);
  return 0;
}

const otherVersion = () =>
  fail('BAD_RESPONSE', { remedy: 'The agent that runs has another version: restart it.' });
