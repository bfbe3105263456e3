import { z } from 'zod';
import { failureView } from '#shared/contract/errors';

export const HAND_PATH = '/api/v1/peer/operations/hand';

/** A call as it reaches its node. */
export const handRequest = z.strictObject({
  hand: z.string().max(64),
  /** '' for a look of planning */
  operation: z.string().max(64),
  /** 0 for a look of planning */
  epoch: z.number().int().nonnegative(),
  /** grows with each call of this coordinator */
  number: z.number().int().positive(),
  /** calls of this coordinator with lower numbers were given up: they must not act any more */
  floor: z.number().int().nonnegative(),
  input: z.json(),
});
export type HandRequest = z.infer<typeof handRequest>;

const lines = z.array(z.string());
/** An expected failure is an answer too, so that its code and its log arrive. */
export const handAnswer = z.discriminatedUnion('ok', [
  z.object({ ok: z.literal(true), output: z.json(), log: lines }),
  z.object({ ok: z.literal(false), failure: failureView, log: lines }),
]);
export type HandAnswer = z.infer<typeof handAnswer>;
