import type { ClusterTotals, GuestRow, InventoryRows, Problem } from '#shared/contract/inventory';
import { clusterTotals } from '#shared/domain/totals';
import type { Backfill } from '../metrics/backfill';
import type { Clock } from '../ports';
import type { PveClients } from '../pve/types';
import { blindAccount } from './account';
import { Inventory } from './inventory';
import { problemsOf } from './problems';
import { measuredByPve } from './pve-measured';
import type { Circumstances, ClusterFacts, Look, Source } from './source';
import { type ClusterStatus, readStatus } from './status';

const UNKNOWN: ClusterStatus = {
  version: null,
  clusterName: null,
  quorate: null,
  standalone: null,
};
const NO_FIGURES: ReadonlyMap<string, number> = new Map();

/** A Proxmox VE cluster: one `/cluster/resources` a look, version and quorum now and then. */
export class PveSource implements Source {
  readonly #uuid: string;
  readonly #clients: Pick<PveClients, 'get' | 'reset'>;
  readonly #clock: Pick<Clock, 'now'>;
  readonly #inventory = new Inventory();
  #status = UNKNOWN;

  constructor(uuid: string, clients: Pick<PveClients, 'get' | 'reset'>, clock: Pick<Clock, 'now'>) {
    this.#uuid = uuid;
    this.#clients = clients;
    this.#clock = clock;
  }

  async look(signal: AbortSignal): Promise<Look> {
    const client = this.#clients.get(this.#uuid);
    const answer = await client.call('GET', '/cluster/resources', undefined, { signal });
    signal.throwIfAborted();
    const { delta, dropped } = this.#inventory.apply(answer.data);
    const { endpoint, latencyMs } = answer;
    const failure = blindAccount(this.rows(), this.totals());
    return { endpoint, latencyMs, delta, dropped, measuredAt: null, failure };
  }

  async learn(signal: AbortSignal): Promise<boolean> {
    const status = await readStatus(this.#clients.get(this.#uuid), { signal });
    if (status === null) return false;
    this.#status = { ...status, version: status.version ?? this.#status.version };
    return true;
  }

  measured(sinceMs: number, signal: AbortSignal): Promise<Backfill> {
    const range = { sinceMs, untilMs: this.#clock.now() };
    return measuredByPve(this.#clients.get(this.#uuid), this.rows(), range, signal);
  }

  rows(): InventoryRows {
    return this.#inventory.rows();
  }

  guest(id: string): GuestRow | undefined {
    return this.#inventory.guest(id);
  }

  facts(): ClusterFacts {
    return { ...this.#status, clusteros: null };
  }

  totals(): ClusterTotals {
    return clusterTotals(this.rows());
  }

  figures(): ReadonlyMap<string, number> {
    return NO_FIGURES;
  }

  problems(circumstances: Circumstances): Problem[] {
    const { quorate } = this.#status;
    return problemsOf({ ...circumstances, rows: this.rows(), quorate });
  }

  restore({ rows, facts }: { rows: InventoryRows; facts: ClusterFacts }): void {
    this.#inventory.restore(rows);
    const { version, clusterName, quorate, standalone } = facts;
    this.#status = { version, clusterName, quorate, standalone };
  }

  callsPerMinute(): number {
    return this.#clients.get(this.#uuid).callsPerMinute();
  }

  reset(): Promise<void> {
    return this.#clients.reset(this.#uuid);
  }
}
