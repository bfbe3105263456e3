import { z } from 'zod';
import { type OperationPlan, operationPlan, planRequest } from '#shared/contract/agent/operations';
import type { Clock } from '../../ports';
import type { State } from '../../state/types';

const PLANS = 'operations/plans/';
/** Whoever thinks longer about a plan plans again. */
const KEPT_MS = 60 * 60_000;

const keptPlan = z.object({
  plan: operationPlan,
  /** as it was asked for, to plan the same anew */
  request: planRequest,
  facts: z.json(),
});
type KeptPlan = z.infer<typeof keptPlan>;

/** Plans that wait for their approval, at any node. */
export class Plans {
  readonly #state: Pick<State, 'get' | 'list' | 'commit'>;
  readonly #clock: Pick<Clock, 'now'>;

  constructor(state: Pick<State, 'get' | 'list' | 'commit'>, clock: Pick<Clock, 'now'>) {
    this.#state = state;
    this.#clock = clock;
  }

  /** @throws Failure of the state */
  async keep(kept: KeptPlan): Promise<void> {
    const writes = [{ key: PLANS + kept.plan.hash, put: kept }];
    const old = (await this.#old()).filter(({ key }) => key !== writes[0]?.key);
    await this.#state.commit([], [...writes, ...old]);
  }

  /** Null where it is not known, or too old. */
  async get(hash: OperationPlan['hash']): Promise<KeptPlan | null> {
    const entry = await this.#state.get(PLANS + hash);
    const parsed = keptPlan.safeParse(entry?.value);
    if (!parsed.success || this.#isOld(parsed.data.plan.made_at)) return null;
    return parsed.data;
  }

  async #old() {
    const entries = await this.#state.list(PLANS);
    return entries
      .filter(({ value }) => {
        const parsed = keptPlan.safeParse(value);
        return !parsed.success || this.#isOld(parsed.data.plan.made_at);
      })
      .slice(0, 50)
      .map(({ key }) => ({ key, delete: true as const }));
  }

  #isOld(madeAt: number): boolean {
    return this.#clock.now() - madeAt > KEPT_MS;
  }
}
