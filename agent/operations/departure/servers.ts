import type { z } from 'zod';
import { type ErrorCode, Failure, fail } from '#shared/contract/errors';
import type { Member, Membership } from '../../membership/types';
import { lookAtK3s } from '../handoff/k3s/hands';
import type { Hand, HandContext, Hands } from '../hands/types';

export interface ServersDeps {
  hands: Hands;
  membership: Pick<Membership, 'members'>;
}

export type KubeLook = z.output<typeof lookAtK3s.output>;

/** The server cannot be asked now; another one may. */
const ELSEWHERE: readonly ErrorCode[] = [
  'NODE_UNREACHABLE',
  'UNREACHABLE',
  'CONNECTION_REFUSED',
  'TIMEOUT',
  'NOT_FOUND',
  'UNSUPPORTED',
];

/** Those that have the role k3s-server and answer, by name. */
export const serversOf = (members: readonly Member[]): Member[] =>
  members.filter(
    ({ roles, authenticated, status }) =>
      authenticated && status === 'alive' && roles.includes('k3s-server'),
  );

/** Asks the servers of k3s one after another. */
export class KubeServers {
  readonly #deps: ServersDeps;

  constructor(deps: ServersDeps) {
    this.#deps = deps;
  }

  /**
   * Calls a hand on a server other than `besides`. All hands of k3s look first, so that asking the
   * next one after an answer that was lost does nothing twice.
   * @param besides name of the node that is to leave
   * @throws Failure of the last one that was asked, NODE_UNREACHABLE where there is none
   */
  async call<In extends z.ZodType, Out extends z.ZodType>(
    besides: string,
    hand: Hand<In, Out>,
    input: z.input<In>,
    context: HandContext,
    options?: { deadlineMs?: number },
  ): Promise<z.output<Out>> {
    const { hands, membership } = this.#deps;
    let last: unknown = nobody();
    for (const { id, name } of serversOf(membership.members())) {
      if (name === besides) continue;
      try {
        return await hands.call(id, hand, input, context, options);
      } catch (error) {
        if (!(error instanceof Failure) || !ELSEWHERE.includes(error.code)) throw error;
        context.signal.throwIfAborted();
        last = error;
      }
    }
    throw last;
  }

  /** What a server other than `besides` sees. */
  look(besides: string, context: HandContext): Promise<KubeLook> {
    return this.call(besides, lookAtK3s, {}, context);
  }
}

const nobody = () =>
  fail(
    'NODE_UNREACHABLE',
    { remedy: 'Bring another k3s server back.' },
    'No other k3s server of this cluster answers.',
  );
