import type { Membership } from '../../membership/types';
import type { Clock, Commands, Logger } from '../../ports';
import type { State } from '../../state/types';
import { CONFIG_KEY, type RelayRecord, type SlurmConfig, slurmConfig } from './config';
import { listing } from './listing';
import type { ToldFiles } from './told-files';

const ASK_MS = 10_000;
const EVERY_MS = 4_000;
/** clocks of two nodes are never quite the same */
const MARGIN_MS = 5_000;
/**
 * A client that is turned away by a standby, or by a controller that is about to end, sleeps half of
 * SlurmctldTimeout, asks again at the same places, and gives up after one and a half of it.
 */
const CLIENT_PATIENCE = 1.5;

/** What tells whether all that asked at the old place has come through. */
export interface CalmDeps {
  membership: Pick<Membership, 'members'>;
  told: Pick<ToldFiles, 'since'>;
  clock: Clock;
}

interface Deps extends CalmDeps {
  state: Pick<State, 'get' | 'commit'>;
  commands: Commands;
  logger: Logger;
}

/**
 * Since when every node goes by the new controllers; unix ms.
 * @returns null where one does not yet, or a client may still sleep that was turned away before
 */
export async function calmSince(
  { clock, membership, told }: CalmDeps,
  { controllers, slurmctldTimeoutMs }: Pick<SlurmConfig, 'controllers' | 'slurmctldTimeoutMs'>,
  relay: RelayRecord,
): Promise<number | null> {
  const since = await told.since(controllers, membership.members(), relay.since);
  const isCalm = since !== null && clock.now() - since >= CLIENT_PATIENCE * slurmctldTimeoutMs;
  return isCalm ? since : null;
}

/** @param start of a job in unix seconds; without one it may be from before */
export const isFromBefore = (start: string, since: number): boolean =>
  !(Number(start) * 1000 > since + MARGIN_MS);

/**
 * What is left after a controller moved away: a job that began before asks at its old place when it
 * ends, and a standby there would refuse it, so that its end is lost and it runs again. Whoever
 * submits on a node whose slurm.conf is still the old one would be refused too, and so would a client
 * that sleeps since the move and comes back. So this node relays until every node goes by the new
 * one, nobody sleeps any more and no job from before that is left, and only then may be a standby.
 */
export class Aftercare {
  readonly #deps: Deps;
  #askedAt = Number.NEGATIVE_INFINITY;

  constructor(deps: Deps) {
    this.#deps = deps;
  }

  /**
   * Whether nobody asks at the old place any more; false while nobody can say.
   * @throws Failure of squeue or of the state
   */
  async isDue(
    { controllers, slurmctldTimeoutMs }: Pick<SlurmConfig, 'controllers' | 'slurmctldTimeoutMs'>,
    relay: RelayRecord,
  ): Promise<boolean> {
    const { clock, commands } = this.#deps;
    if (clock.monotonic() - this.#askedAt < EVERY_MS) return false;
    this.#askedAt = clock.monotonic();
    const since = await calmSince(this.#deps, { controllers, slurmctldTimeoutMs }, relay);
    if (since === null) return false;
    const { format, rows } = listing(['%T', '%S']);
    const argv = ['squeue', '-h', '-a', '-o', format] as const;
    const { code, stdout } = await commands.run(argv, {
      deadlineMs: ASK_MS,
      env: { SLURM_TIME_FORMAT: '%s' },
    });
    if (code !== 0) return false;
    return rows(stdout).every(([state = '', start = '']) => {
      if (state === 'PENDING') return true;
      return !isFromBefore(start, since);
    });
  }

  /** Ends this node's relay and hold; its keeper then does what the configuration wants of it. */
  async end(node: string): Promise<void> {
    const { state, logger } = this.#deps;
    const entry = await state.get(CONFIG_KEY);
    if (entry === null) return;
    const config = slurmConfig.parse(entry.value);
    if (config.moving !== null) return;
    const next = {
      ...config,
      held: config.held.filter((id) => id !== node),
      relays: config.relays.filter(({ from }) => from !== node),
      revision: config.revision + 1,
    };
    const done = await state.commit(
      [{ key: CONFIG_KEY, is: 'unchangedSince', modRevision: entry.modRevision }],
      [{ key: CONFIG_KEY, put: next }],
    );
    if (done !== null)
      logger.info({}, 'No job from before the move of the controller runs any more');
  }
}
