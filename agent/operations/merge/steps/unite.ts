import { z } from 'zod';
import { PREFIX, type TokenRecord, tokenRecord } from '../../../tokens/record';
import type { StepContext } from '../../engine/types';
import type { PlannedStep } from '../../types';
import { exportTokens } from '../hands';
import { type MergeGround, MINUTE, written } from './ground';

const AT_ONCE = 50;

/** Whoever has a token of the losing cluster gets in at the gaining one: every desk follows. */
export function uniteStep(ground: MergeGround): PlannedStep {
  const { gaining, losing } = ground.params;
  const { state } = ground.deps;
  const wanted = async (context: StepContext): Promise<TokenRecord[]> => {
    const { tokens } = await ground.there(context, exportTokens, {});
    const now = ground.deps.clock.now();
    return z
      .array(tokenRecord)
      .parse(tokens)
      .filter(({ expiresAt }) => expiresAt === null || expiresAt > now)
      .map((token) => ({ ...token, origin: losing.uuid }));
  };
  const missing = async (context: StepContext): Promise<TokenRecord[]> => {
    const known = new Set((await state.list(PREFIX)).map(({ key }) => key));
    return (await wanted(context)).filter(({ id }) => !known.has(PREFIX + id));
  };
  return {
    id: 'unite',
    title: `State unification: let those with a token of ${losing.name} into ${gaining.name}`,
    detail: `Access tokens keep their rights and their end; only their sums are copied. Desks that know ${losing.name} go on without a change.`,
    class: 'idempotent',
    part: ground.anchor.name,
    wholeOnly: true,
    gradual: true,
    halts: true,
    expectedMs: 500,
    deadlineMs: MINUTE,
    probe: async (context) => ((await missing(context)).length === 0 ? 'done' : 'absent'),
    async do(context) {
      const tokens = await missing(context);
      for (let at = 0; at < tokens.length; at += AT_ONCE) {
        const part = tokens.slice(at, at + AT_ONCE);
        await written(
          state,
          context.leads,
          part.map((token) => ({ key: PREFIX + token.id, put: token })),
        );
      }
      context.log(`${tokens.length} tokens of ${losing.name} are known in ${gaining.name}`);
    },
    async verify(context) {
      const { length } = await missing(context);
      return length === 0 ? null : `${length} tokens of ${losing.name}`;
    },
    async undo({ leads }) {
      const entries = await state.list(PREFIX);
      const taken = entries.filter(
        ({ value }) => tokenRecord.safeParse(value).data?.origin === losing.uuid,
      );
      for (let at = 0; at < taken.length; at += AT_ONCE) {
        const part = taken.slice(at, at + AT_ONCE);
        await written(
          state,
          leads,
          part.map(({ key }) => ({ key, delete: true as const })),
        );
      }
    },
  };
}
