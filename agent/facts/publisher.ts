import { Failure } from '#shared/contract/errors';
import type { Clock, Logger } from '../ports';
import type { Lease, State } from '../state/types';
import type { Hardware, Load, NodeFacts } from './types';

const LEASE_MS = 20_000;
/** What changed is told at this pace, what did not at the other. */
const CHANGED_MS = 5_000;
const SAME_MS = 15_000;

interface Deps {
  state: Pick<State, 'lease' | 'commit'>;
  clock: Clock;
  logger: Logger;
  nodeId: string;
}

/** Tells the other nodes of this one: its facts under a lease, its hardware for good. */
export class Publisher {
  readonly #deps: Deps;
  #lease: Lease | null = null;
  #told: { facts: NodeFacts; at: number } | null = null;
  #since = 0;
  #hardware = '';

  constructor(deps: Deps) {
    this.#deps = deps;
  }

  /** Since when it tells of itself without a break, ms since 1970; 0 where it does not. */
  get since(): number {
    return this.#lease === null || this.#lease.lost.aborted ? 0 : this.#since;
  }

  /** Writes if it is time to; a state that does not answer is tried again at the next call. */
  async publish(facts: NodeFacts, hardware: Hardware | null): Promise<void> {
    const { state, clock, logger, nodeId } = this.#deps;
    const ageMs =
      this.#told === null ? Number.POSITIVE_INFINITY : clock.monotonic() - this.#told.at;
    const isLost = this.#lease === null || this.#lease.lost.aborted;
    const isDue =
      isLost || ageMs >= SAME_MS || (ageMs >= CHANGED_MS && differs(this.#told?.facts, facts));
    if (!isDue) return;
    try {
      if (this.#lease === null || this.#lease.lost.aborted) {
        this.#lease = await state.lease(LEASE_MS);
        this.#since = clock.now();
      }
      const owned = JSON.stringify(hardware);
      const isNewHardware = hardware !== null && owned !== this.#hardware;
      await state.commit(
        [],
        [
          {
            key: `facts/${nodeId}`,
            put: { ...facts, toldAt: clock.now(), since: this.#since },
            lease: this.#lease.id,
          },
          ...(isNewHardware ? [{ key: `hardware/${nodeId}`, put: hardware }] : []),
        ],
      );
      if (isNewHardware) this.#hardware = owned;
      this.#told = { facts, at: clock.monotonic() };
    } catch (error) {
      if (!(error instanceof Failure)) logger.error({ error }, 'Own facts could not be published');
      else logger.debug({ code: error.code }, 'Own facts could not be published');
    }
  }

  /** Takes them back, so that nobody waits for the lease to end. */
  async close(): Promise<void> {
    await this.#lease?.release().catch(() => undefined);
  }
}

/** Whether others should hear of it soon; a load that only trembles can wait. */
function differs(before: NodeFacts | undefined, now: NodeFacts): boolean {
  if (before === undefined) return true;
  if (rest(before) !== rest(now)) return true;
  return loadDiffers(before.load, now.load);
}

const rest = ({
  load: _load,
  measuredAt: _at,
  toldAt: _told,
  since: _since,
  services,
  ...facts
}: NodeFacts) =>
  JSON.stringify([facts, services.map(({ lastSeen: _seen, ...service }) => service)]);

function loadDiffers(before: Load | null, now: Load | null): boolean {
  if (before === null || now === null) return before !== now;
  const cpu = Math.abs((before.cpu ?? 0) - (now.cpu ?? 0)) > 0.02;
  const memory = Math.abs(before.memoryUsedBytes - now.memoryUsedBytes);
  const disk = Math.abs(before.diskUsedBytes - now.diskUsedBytes);
  return cpu || memory > 0.01 * now.memoryTotalBytes || disk > 0.005 * now.diskTotalBytes;
}
