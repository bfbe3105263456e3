import type { z } from 'zod';
import type { Hand, HandCall, HandRoute } from './types';

/** Names a hand and its shapes; both sides share it. */
export const defineHand = <In extends z.ZodType, Out extends z.ZodType>(
  hand: Hand<In, Out>,
): Hand<In, Out> => hand;

/** Says what a hand does on this node. */
export function handRoute<In extends z.ZodType, Out extends z.ZodType>(
  hand: Hand<In, Out>,
  run: (input: z.output<In>, call: HandCall) => Promise<z.input<Out>>,
): HandRoute {
  return { hand, run: (input, call) => run(hand.input.parse(input), call) };
}
