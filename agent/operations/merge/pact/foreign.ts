import type { z } from 'zod';
import { fail } from '#shared/contract/errors';
import type { Peers } from '../../../membership/types';
import { HandCalls } from '../../hands/calls';
import type { Hand, HandContext } from '../../hands/types';
import { handAnswer } from '../../hands/wire';
import type { ForeignHands } from '../types';
import type { Pacts } from './pacts';

/** Where guests call hands. */
export const GUEST_HAND_PATH = '/api/v1/peer/merge/hand';

const DEADLINE_MS = 15_000;

interface Deps {
  peers: Peers;
  pacts: Pick<Pacts, 'guest' | 'used'>;
}

/** {@link ForeignHands} over mutual TLS; nothing is sent to a node that no pact names. */
export class ForeignGateway implements ForeignHands {
  readonly #deps: Deps;
  readonly #calls = new HandCalls();

  constructor(deps: Deps) {
    this.#deps = deps;
  }

  async call<In extends z.ZodType, Out extends z.ZodType>(
    node: Parameters<ForeignHands['call']>[0],
    hand: Hand<In, Out>,
    input: z.input<In>,
    context: HandContext,
    { deadlineMs = DEADLINE_MS }: { deadlineMs?: number } = {},
  ): Promise<z.output<Out>> {
    const { peers, pacts } = this.#deps;
    const { id, name, address, api_port: apiPort, fingerprint } = node;
    const known = await pacts.guest(fingerprint);
    if (known?.id !== id) throw noPact(name);
    if (hand.changes) await pacts.used(known.guestOf);
    const target = { id, name, address, apiPort, fingerprint, authenticated: true };
    return this.#calls.call(node, hand, input, context, async (asked) => {
      const sent = { body: asked, deadlineMs, signal: context.signal };
      return handAnswer.parse(await peers.call(target, 'POST', GUEST_HAND_PATH, sent));
    });
  }
}

const noPact = (node: string) =>
  fail(
    'AUTH_FAILED',
    { remedy: 'Make it anew: node-agent merge --with ADDRESS', node },
    `No pact of this cluster names ${node}.`,
  );
