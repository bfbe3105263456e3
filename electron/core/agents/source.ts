import type { AgentProblem } from '#shared/contract/agent/dashboard';
import type { ClusterTotals, InventoryRows, Problem } from '#shared/contract/inventory';
import { clusterTotals, sumOf } from '#shared/domain/totals';
import type { Circumstances, ClusterFacts, Look, Source } from '../inventory/source';
import { RowTables } from '../inventory/tables';
import type { Backfill } from '../metrics/backfill';
import type { Clock } from '../ports';
import { clusterosLive } from './live';
import { readOverview } from './overview';
import { clusterosProblems } from './problems';
import { shapeRows, steadiedJob } from './rows';
import { asBackfill, readSamples } from './samples';
import type { AgentClients } from './types';

const UNKNOWN: ClusterFacts = {
  version: null,
  clusterName: null,
  quorate: null,
  standalone: null,
  clusteros: null,
};
const MOST_MINUTES = 60;

/** A ClusterOS cluster: one `/api/v1/overview` a look, and its events in between. */
export class ClusterosSource implements Source {
  readonly #uuid: string;
  readonly #clients: Pick<AgentClients, 'get' | 'reset'>;
  readonly #clock: Pick<Clock, 'now'>;
  readonly #onEvent: (data: unknown) => void;
  readonly #tables = new RowTables();
  #facts = UNKNOWN;
  #told: readonly AgentProblem[] = [];

  constructor(
    uuid: string,
    clients: Pick<AgentClients, 'get' | 'reset'>,
    clock: Pick<Clock, 'now'>,
    /** hears each event as well, unchecked */
    onEvent: (data: unknown) => void = () => undefined,
  ) {
    this.#uuid = uuid;
    this.#clients = clients;
    this.#clock = clock;
    this.#onEvent = onEvent;
  }

  async look(signal: AbortSignal): Promise<Look> {
    const answer = await this.#clients.get(this.#uuid).get('/api/v1/overview', { signal });
    signal.throwIfAborted();
    const { data, endpoint, latencyMs } = answer;
    const overview = readOverview(data, endpoint);
    const now = this.#clock.now();
    const rows = shapeRows(overview, now);
    const jobs = rows.jobs.map((row) => steadiedJob(row, this.#tables.job(row.id)));
    const { cluster, status, staleReason, dropped, problems, asOf } = overview;
    this.#told = problems;
    this.#facts = {
      version: status.agent.version,
      clusterName: cluster.name,
      quorate: status.agent.state === 'ok',
      standalone: cluster.total_nodes === 1,
      clusteros: clusterosLive(overview),
    };
    // a fresh answer is as old as its way here; clocks need not agree
    const measuredAt = staleReason === null ? null : Math.min(now, Math.round(asOf * 1000));
    const delta = this.#tables.take({ ...rows, jobs });
    return { endpoint, latencyMs, delta, dropped, measuredAt, failure: null };
  }

  listen(onChange: () => void, signal: AbortSignal): Promise<void> {
    const hear = (data: unknown) => {
      onChange();
      this.#onEvent(data);
    };
    return this.#clients.get(this.#uuid).events(hear, signal);
  }

  async measured(sinceMs: number, signal: AbortSignal): Promise<Backfill> {
    const wanted = Math.ceil((this.#clock.now() - sinceMs) / 60_000);
    const minutes = Math.min(MOST_MINUTES, Math.max(1, wanted));
    const path = `/api/v1/samples?minutes=${minutes}`;
    const answer = await this.#clients.get(this.#uuid).get(path, { signal });
    const samples = readSamples(answer.data, answer.endpoint);
    return asBackfill(samples, this.rows(), this.totals());
  }

  rows(): InventoryRows {
    return this.#tables.rows();
  }

  guest(): undefined {
    return undefined;
  }

  facts(): ClusterFacts {
    return this.#facts;
  }

  /** What there is to store on are the nodes' own disks. */
  totals(): ClusterTotals {
    const rows = this.rows();
    const online = rows.nodes.filter(({ status }) => status === 'online');
    const storage = {
      used: sumOf(online, ({ disk }) => disk),
      total: sumOf(online, ({ maxDisk }) => maxDisk),
    };
    return { ...clusterTotals(rows), overcommit: null, storage };
  }

  figures(): ReadonlyMap<string, number> {
    const jobs = this.#facts.clusteros?.jobs;
    if (jobs === undefined) return new Map();
    return new Map([
      ['jobsRunning', jobs.running],
      ['jobsWaiting', jobs.waiting],
    ]);
  }

  problems(circumstances: Circumstances): Problem[] {
    return clusterosProblems(circumstances, this.#told, this.#facts.clusteros);
  }

  restore({ rows, facts }: { rows: InventoryRows; facts: ClusterFacts }): void {
    this.#tables.take(rows);
    this.#facts = facts;
  }

  callsPerMinute(): number {
    return this.#clients.get(this.#uuid).callsPerMinute();
  }

  reset(): Promise<void> {
    return this.#clients.reset(this.#uuid);
  }
}
