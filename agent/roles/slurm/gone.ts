import type { Membership } from '../../membership/types';
import type { Clock } from '../../ports';
import type { SlurmNode } from './types';

/** So long a node must be gone until SLURM forgets it. */
const GONE_MS = 60_000;

/** Nodes of SLURM that are down and no member's any more, or of one that said good-bye. */
export class GoneNodes {
  readonly #clock: Clock;
  readonly #membership: Pick<Membership, 'members'>;
  readonly #since = new Map<string, number>();

  constructor(clock: Clock, membership: Pick<Membership, 'members'>) {
    this.#clock = clock;
    this.#membership = membership;
  }

  /** @returns those that have been gone for long enough, each told of once in a while */
  among(nodes: readonly SlurmNode[]): string[] {
    const members = this.#membership.members();
    const named = (isIn: boolean) =>
      new Set(members.filter(({ status }) => (status === 'left') === isIn).map(({ name }) => name));
    const [staying, left] = [named(false), named(true)];
    const gone = nodes.filter(
      ({ name, state }) =>
        !staying.has(name) &&
        // one that left in order was drained before, and SLURM calls it so also when it is gone
        (state === 'down' || (state === 'drained' && left.has(name))),
    );
    const now = this.#clock.monotonic();
    for (const name of this.#since.keys()) {
      if (!gone.some((node) => node.name === name)) this.#since.delete(name);
    }
    return gone.flatMap(({ name }) => {
      const since = this.#since.get(name);
      if (since === undefined) this.#since.set(name, now);
      if (since === undefined || now - since < GONE_MS) return [];
      this.#since.set(name, now);
      return [name];
    });
  }
}
