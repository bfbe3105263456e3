import { readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { z } from 'zod';
import { fail } from '#shared/contract/errors';
import { privateFolder, writeWhole } from '../../host/files';
import type { PeerRoute } from '../../membership/peer-types';
import type { Member, Membership, Peers } from '../../membership/types';
import type { KubePlaces } from './places';

export const TOKEN_PATH = '/api/v1/peer/k3s-token';

/** The whole form, which ties it to the authority of one cluster: https://docs.k3s.io/cli/token */
const fullToken = z
  .string()
  .trim()
  .regex(/^K10[0-9a-f]{64}::\S+$/);
/** Whether a file's text is a whole token, without which no snapshot can be restored. */
export const isServerToken = (text: string): boolean => fullToken.safeParse(text).success;

const tokenRequest = z.strictObject({ role: z.enum(['k3s-server', 'k3s-agent']) });
const tokenAnswer = z.object({ token: fullToken });
type Wanted = z.infer<typeof tokenRequest>['role'];

/**
 * Gives members the token with which they may join, over mutual authentication, each the one of its
 * own role: who only runs pods cannot join as a server with it.
 */
export function tokenRoute(
  membership: Pick<Membership, 'members'>,
  places: Pick<KubePlaces, 'serverToken' | 'nodeToken'>,
): PeerRoute {
  return {
    method: 'POST',
    path: TOKEN_PATH,
    access: 'member',
    async handle(request, caller) {
      const wanted = tokenRequest.safeParse(request.body);
      if (!wanted.success) {
        throw fail('INVALID_INPUT', {
          remedy: 'Install the same version of the agent everywhere.',
        });
      }
      const { role } = wanted.data;
      const member = membership.members().find(({ id }) => id === caller?.id);
      if (member === undefined || !member.authenticated || !member.roles.includes(role)) {
        const remedy = `Enable roles.${role} in the configuration of that node.`;
        throw fail('PERMISSION_DENIED', { remedy, privilege: role });
      }
      const path = role === 'k3s-server' ? places.serverToken : places.nodeToken;
      const token = fullToken.safeParse(await readFile(path, 'utf8').catch(() => ''));
      if (!token.success) {
        const remedy = 'Wait until k3s runs on this node.';
        throw fail('NOT_FOUND', { remedy }, 'This node has no token of k3s yet.');
      }
      return { status: 200, body: { token: token.data } };
    },
  };
}

/** Asks a server for the token and keeps it in a file that only root reads. @throws Failure */
export async function fetchToken(
  peers: Peers,
  server: Member,
  role: Wanted,
  path: string,
): Promise<void> {
  const body = { role };
  const answer = tokenAnswer.safeParse(
    await peers.call(server, 'POST', TOKEN_PATH, { body, deadlineMs: 5_000 }),
  );
  if (!answer.success) {
    const remedy = `Look whether k3s on ${server.name} is the one of this cluster.`;
    throw fail('BAD_RESPONSE', { remedy, node: server.name });
  }
  await privateFolder(dirname(path));
  await writeWhole(path, `${answer.data.token}\n`);
}
