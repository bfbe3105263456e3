import { z } from 'zod';
import { type ErrorCode, Failure, fail } from '#shared/contract/errors';
import type { Hand, HandContext } from './types';
import type { HandAnswer, HandRequest } from './wire';

/** Carries one call to its node. @throws Failure of the transport */
export type Send = (asked: HandRequest) => Promise<HandAnswer>;

/** The caller's side of hands: numbers calls, so that a node knows which ones were given up. */
export class HandCalls {
  /** by node: the numbers of calls that are waited for */
  readonly #waiting = new Map<string, Set<number>>();
  #last = 0;

  /** @throws Failure as {@link Hands} says */
  async call<In extends z.ZodType, Out extends z.ZodType>(
    node: { id: string; name: string },
    hand: Hand<In, Out>,
    input: z.input<In>,
    context: HandContext,
    send: Send,
  ): Promise<z.output<Out>> {
    const number = ++this.#last;
    const waiting = this.#waiting.get(node.id) ?? new Set();
    this.#waiting.set(node.id, waiting.add(number));
    const asked: HandRequest = {
      hand: hand.name,
      operation: context.operation,
      epoch: context.epoch,
      number,
      floor: Math.min(...waiting),
      input: z.json().parse(input),
    };
    try {
      const answer = await send(asked).catch((error: unknown) => {
        throw lateFor(error, node.name);
      });
      for (const line of answer.log) context.log(line, node.name);
      if (!answer.ok) throw told(answer.failure, node.name);
      return hand.output.parse(answer.output);
    } catch (error) {
      throw failureOf(error, node.name, hand.changes);
    } finally {
      waiting.delete(number);
    }
  }
}

const UNREACHABLE: ErrorCode[] = ['UNREACHABLE', 'CONNECTION_REFUSED', 'NAME_NOT_RESOLVED'];

/** The line knows only where it asked; what a hand says of itself is not touched. */
function lateFor(error: unknown, node: string): unknown {
  const isLate = error instanceof Failure && error.code === 'TIMEOUT' && 'endpoint' in error.data;
  return isLate
    ? fail('TIMEOUT', error.data, `The agent on ${node} did not answer in time.`)
    : error;
}

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
