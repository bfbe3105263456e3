import type { z } from 'zod';
import { fail } from '#shared/contract/errors';
import type { Member, Peers } from '../../membership/types';
import { HandCalls } from './calls';
import type { HandRunner } from './runner';
import type { Hand, HandContext, Hands } from './types';
import { HAND_PATH, type HandAnswer, type HandRequest, handAnswer } from './wire';

const DEADLINE_MS = 15_000;

interface Deps {
  membership: { readonly self: Pick<Member, 'id'>; members(): Member[] };
  peers: Peers;
  runner: Pick<HandRunner, 'run'>;
}

/** {@link Hands} over the agents' mutual authentication; on this node itself without a detour. */
export class HandGateway implements Hands {
  readonly #deps: Deps;
  readonly #calls = new HandCalls();

  constructor(deps: Deps) {
    this.#deps = deps;
  }

  async call<In extends z.ZodType, Out extends z.ZodType>(
    node: string,
    hand: Hand<In, Out>,
    input: z.input<In>,
    context: HandContext,
    options: { deadlineMs?: number } = {},
  ): Promise<z.output<Out>> {
    const { membership, peers } = this.#deps;
    const member = membership.members().find(({ id }) => id === node);
    if (member === undefined && node !== membership.self.id) throw noMember(node);
    const deadlineMs = options.deadlineMs ?? DEADLINE_MS;
    const { signal } = context;
    const called = { id: node, name: member?.name ?? node };
    return this.#calls.call(called, hand, input, context, async (asked) => {
      if (member === undefined || node === membership.self.id) {
        return this.#here(asked, signal, deadlineMs);
      }
      const sent = { body: asked, deadlineMs, signal };
      return handAnswer.parse(await peers.call(member, 'POST', HAND_PATH, sent));
    });
  }

  /** One that does not heed its signal is waited for no longer than one on another node. */
  async #here(asked: HandRequest, signal: AbortSignal, deadlineMs: number): Promise<HandAnswer> {
    const until = AbortSignal.any([signal, AbortSignal.timeout(deadlineMs)]);
    const { promise: over, reject } = Promise.withResolvers<never>();
    const end = () => reject(signal.aborted ? cancelled() : tooLong());
    until.addEventListener('abort', end, { once: true });
    if (until.aborted) end();
    try {
      return await Promise.race([this.#deps.runner.run(asked, until), over]);
    } finally {
      until.removeEventListener('abort', end);
    }
  }
}

const noMember = (node: string) =>
  fail(
    'NOT_FOUND',
    { remedy: 'Look at the nodes of this cluster, then plan again.', node },
    'The node does not belong to this cluster any more.',
  );

const tooLong = () =>
  fail('TIMEOUT', { remedy: 'Look whether it was done.', outcome: 'unknown' }, 'It took too long.');

const cancelled = () =>
  fail('ABORTED', { remedy: 'Look whether it was done.', outcome: 'unknown' });
