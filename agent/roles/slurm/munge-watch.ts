import { Failure } from '#shared/contract/errors';
import type { Member } from '../../membership/types';
import type { Clock } from '../../ports';
import type { SharedMungeKey } from './munge-key';

const CHECK_MS = 60_000;

/** The key may be right and munge wrong all the same, as with a clock that is off. */
export class MungeWatch {
  readonly #clock: Clock;
  readonly #munge: Pick<SharedMungeKey, 'check'>;
  #checkedAt = Number.NEGATIVE_INFINITY;

  constructor(clock: Clock, munge: Pick<SharedMungeKey, 'check'>) {
    this.#clock = clock;
    this.#munge = munge;
  }

  /**
   * Asks another node now and then whether it accepts what munge of this node encodes.
   * @param inTrouble asks at once
   * @throws Failure AUTH_FAILED (another key) | PARAMETER_REFUSED (clocks apart, or else)
   */
  async check(member: Member, inTrouble: boolean): Promise<void> {
    const isDue = this.#clock.monotonic() - this.#checkedAt > CHECK_MS;
    if (member.status !== 'alive' || !(isDue || inTrouble)) return;
    this.#checkedAt = this.#clock.monotonic();
    const answer = await this.#munge.check(member).catch((error: unknown) => {
      // that it cannot be asked now is no trouble of munge
      if (error instanceof Failure && error.code !== 'SERVER_ERROR') return null;
      throw error;
    });
    if (answer === null || answer.ok) return;
    const remedy =
      answer.kind === 'clock'
        ? 'Set the clocks of both nodes, as by chrony.'
        : 'Restart the node agent: it fetches the key of the cluster anew.';
    throw new Failure(
      answer.kind === 'key' ? 'AUTH_FAILED' : 'PARAMETER_REFUSED',
      { remedy, detail: answer.kind },
      `${member.name} does not accept what munge of this node encodes: ${answer.why}.`,
    );
  }
}
