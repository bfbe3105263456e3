import type { MergeCard } from '#shared/contract/agent/merge';
import { fail } from '#shared/contract/errors';
import { clusterRecord } from '../../../membership/records';
import type { Member, Membership } from '../../../membership/types';
import type { Clock } from '../../../ports';
import type { State } from '../../../state/types';

interface Deps {
  membership: Pick<Membership, 'members'>;
  state: Pick<State, 'get'>;
  clock: Pick<Clock, 'now'>;
  /** whether the configuration of this node allows a merge */
  isEnabled: boolean;
  /** since when a node answers without a break, unix ms; null where that is not known */
  stableSince(id: string): number | null;
}

/** What this cluster shows of itself to an admin of it and another one. */
export class Cards {
  readonly #deps: Deps;

  constructor(deps: Deps) {
    this.#deps = deps;
  }

  /** There is no secret in it. @throws Failure UNREACHABLE where the shared state was never read, of the state */
  async own(): Promise<MergeCard> {
    const { membership, state, clock, isEnabled } = this.#deps;
    const entry = await state.get('cluster', { stale: true });
    const parsed = clusterRecord.safeParse(entry?.value);
    if (!parsed.success) throw unsettled();
    const { uuid, name, founding, createdAt } = parsed.data;
    return {
      cluster: { uuid, name },
      founding,
      created_at: Math.round(createdAt * 1000),
      enabled: isEnabled,
      nodes: membership
        .members()
        .filter(({ authenticated, status }) => authenticated && status !== 'left')
        .map((member) => this.#node(member)),
      made_at: clock.now(),
    };
  }

  #node({ id, name, address, apiPort, fingerprint, roles, status }: Member) {
    const alive = status === 'alive';
    const since = alive ? this.#deps.stableSince(id) : null;
    return {
      id,
      name,
      address,
      api_port: apiPort,
      fingerprint,
      roles: [...roles],
      alive,
      stable_since: since,
    };
  }
}

const unsettled = () =>
  fail(
    'UNREACHABLE',
    { remedy: 'It is ready as soon as this node takes part in its cluster.' },
    'This node does not know its cluster yet.',
  );
