import { z } from 'zod';
import { type ErrorCode, Failure, fail } from '#shared/contract/errors';
import type { Member, Peers } from '../../membership/types';
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
  /** by node: the numbers of calls that are waited for */
  readonly #waiting = new Map<string, Set<number>>();
  #last = 0;

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
    const { membership } = this.#deps;
    const member = membership.members().find(({ id }) => id === node);
    if (member === undefined && node !== membership.self.id) throw noMember(node);
    const deadlineMs = options.deadlineMs ?? DEADLINE_MS;
    const number = ++this.#last;
    const waiting = this.#waiting.get(node) ?? new Set();
    this.#waiting.set(node, waiting.add(number));
    const asked: HandRequest = {
      hand: hand.name,
      operation: context.operation,
      epoch: context.epoch,
      number,
      floor: Math.min(...waiting),
      input: z.json().parse(input),
    };
    const name = member?.name ?? node;
    try {
      const answer =
        member === undefined || node === membership.self.id
          ? await this.#here(asked, context.signal, deadlineMs)
          : await this.#there(member, asked, context.signal, deadlineMs);
      for (const line of answer.log) context.log(line, name);
      if (!answer.ok) throw told(answer.failure, name);
      return hand.output.parse(answer.output);
    } catch (error) {
      throw failureOf(error, name, hand.changes);
    } finally {
      waiting.delete(number);
    }
  }

  async #there(
    member: Member,
    asked: HandRequest,
    signal: AbortSignal,
    deadlineMs: number,
  ): Promise<HandAnswer> {
    const options = { body: asked, deadlineMs, signal };
    return handAnswer.parse(await this.#deps.peers.call(member, 'POST', HAND_PATH, options));
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

const UNREACHABLE: ErrorCode[] = ['UNREACHABLE', 'CONNECTION_REFUSED', 'NAME_NOT_RESOLVED'];

/** As a step needs it: which node, and whether something may have happened there. */
function failureOf(error: unknown, node: string, changes: boolean): unknown {
  if (error instanceof z.ZodError) {
    const remedy = 'Install the same version of the agent everywhere.';
    return fail('BAD_RESPONSE', { remedy, node, ...(changes && { outcome: 'unknown' }) });
  }
  if (!(error instanceof Failure)) return error;
  const { outcome, ...data } = error.data;
  const isUnknown = changes && outcome === 'unknown';
  const code = UNREACHABLE.includes(error.code) ? 'NODE_UNREACHABLE' : error.code;
  const message =
    code === 'NODE_UNREACHABLE' ? `The agent on ${node} does not answer.` : error.message;
  return fail(code, { ...data, node, ...(isUnknown && { outcome: 'unknown' }) }, message);
}

const told = (
  { code, data, message }: Extract<HandAnswer, { ok: false }>['failure'],
  node: string,
) => fail(code, { ...data, node }, message);

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
