import { z } from 'zod';
import { Failure, fail } from '#shared/contract/errors';
import type { PeerRoute } from '../../membership/peer-types';
import type { Member, Membership, Peers } from '../../membership/types';
import { readAccess } from '../../roles/k3s/access';
import { KubeClient } from '../../roles/k3s/client';
import { KubeMachines } from '../../roles/k3s/machines';
import type { KubePlaces } from '../../roles/k3s/places';
import { serversOf } from '../departure/servers';

const PATH = '/api/v1/peer/k3s-uncordon';
const DEADLINE_MS = 15_000;
const asked = z.strictObject({ operation: z.uuid() });

interface Deps {
  membership: Pick<Membership, 'self' | 'members'>;
  peers: Peers;
  places: Pick<KubePlaces, 'serverAccess'>;
}

/**
 * A node that has come back lets pods come again. Its kubelet has no right to that everywhere, so it
 * asks a server, which does it for the node that asks and for no other.
 */
export function uncordonRoute({ places }: Pick<Deps, 'places'>): PeerRoute {
  return {
    method: 'POST',
    path: PATH,
    access: 'member',
    async handle({ body, signal }, caller) {
      const wish = asked.safeParse(body);
      if (!wish.success || caller === null) {
        const remedy = 'Install the same version of the agent everywhere.';
        throw fail('INVALID_INPUT', { remedy });
      }
      await uncordonHere(places, caller.name, wish.data.operation, signal);
      return { status: 200, body: {} };
    },
  };
}

/**
 * Takes this node's cordon back, where it is the one of this operation.
 * @throws Failure of the last server that was asked
 */
export async function uncordonSelf(
  { membership, peers, places }: Deps,
  operation: string,
  signal: AbortSignal,
): Promise<void> {
  const { self } = membership;
  if (self.roles.includes('k3s-server')) {
    return uncordonHere(places, self.name, operation, signal);
  }
  let last: Failure = nobody();
  for (const server of serversOf(membership.members())) {
    try {
      return await ask(peers, server, operation, signal);
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      last = error;
    }
  }
  throw last;
}

async function ask(peers: Peers, server: Member, operation: string, signal: AbortSignal) {
  const options = { body: { operation }, deadlineMs: DEADLINE_MS, signal };
  await peers.call(server, 'POST', PATH, options);
}

async function uncordonHere(
  places: Pick<KubePlaces, 'serverAccess'>,
  name: string,
  operation: string,
  signal: AbortSignal,
): Promise<void> {
  const client = new KubeClient(await readAccess(places.serverAccess));
  try {
    await new KubeMachines(client).uncordon(name, operation, signal);
  } finally {
    await client.close();
  }
}

const nobody = () =>
  fail('NODE_UNREACHABLE', { remedy: 'Bring a k3s server back.' }, 'No k3s server answers.');
