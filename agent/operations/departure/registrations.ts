import type { PlanCheck } from '#shared/contract/agent/operations';
import { Failure } from '#shared/contract/errors';
import type { Member, Membership } from '../../membership/types';
import { CLUSTER_KEY } from '../../roles/k3s/joining';
import type { State } from '../../state/types';
import { lookAtRegistration } from '../handoff/k3s/hands';
import type { HandContext, Hands } from '../hands/types';
import { doubtful, fine } from './checks';
import { founderRecord, registrationUrl } from './steps';

interface Deps {
  hands: Hands;
  membership: Pick<Membership, 'members'>;
  state: Pick<State, 'get'>;
}

export interface Registrations {
  /** names of the nodes that joined by it, by name */
  joined: string[];
  /** whether it began the cluster */
  isFounder: boolean;
  check: PlanCheck;
}

/** Who joins by `server`, which matters at the next start of each. */
export async function registrationsAt(
  deps: Deps,
  server: Member,
  context: HandContext,
): Promise<Registrations> {
  const { hands, membership, state } = deps;
  const url = await registrationUrl(state, server);
  const founder = founderRecord.safeParse((await state.get(CLUSTER_KEY))?.value).data?.founder;
  const others = membership
    .members()
    .filter(
      ({ id, authenticated, status, roles }) =>
        id !== server.id &&
        authenticated &&
        status !== 'left' &&
        roles.some((role) => role === 'k3s-server' || role === 'k3s-agent'),
    );
  const silent: string[] = [];
  const joined: string[] = [];
  await Promise.all(
    others.map(async ({ id, name }) => {
      try {
        const found = await hands.call(id, lookAtRegistration, {}, context);
        if (found.server === url) joined.push(name);
      } catch (error) {
        if (!(error instanceof Failure)) throw error;
        silent.push(name);
      }
    }),
  );
  const about = { id: 'k3s-registration', title: `Who joins by ${server.name}`, node: server.name };
  const users = joined.length === 0 ? 'No node' : joined.toSorted().join(', ');
  const check =
    silent.length === 0
      ? fine({ ...about, detail: `${users} joined by it; all others join elsewhere.` })
      : doubtful({
          ...about,
          detail: `${silent.toSorted().join(', ')} cannot be asked now.`,
          remedy: `Should one of them be unable to start k3s later, remove its file of the agent in config.yaml.d; it is then written anew.`,
        });
  return { joined: joined.toSorted(), isFounder: founder === server.id, check };
}
