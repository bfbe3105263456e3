import type { LabHost } from '#tests/lab/host';
import { type Audit, audit, complaints, readAccounts, readTraces } from '#tests/lab/load/ledger';
import { ACCOUNTS, Submitter, type SubmitterOptions, TRACES } from '#tests/lab/load/submitter';
import type { TwoClusters } from '#tests/lab/merge/clusters';
import { until } from '#tests/lab/process';

/** What a job is, as its cluster tells of it. */
export interface Seen {
  state: string;
  restarts: string;
  start: string;
}

/** Jobs in both clusters, and an account of all of them, whichever cluster each ended in. */
export class MergeLoad {
  readonly #clusters: TwoClusters;
  /** submits all the time in the cluster that stays */
  readonly staying: Submitter;
  /** submits in the one that is taken up */
  readonly taken: Submitter;

  constructor(clusters: TwoClusters, options: SubmitterOptions = {}) {
    this.#clusters = clusters;
    this.staying = new Submitter(clusters.host('a3'), options);
    this.taken = new Submitter(clusters.host('b1'));
  }

  /**
   * Fills the cluster that is taken up: on each of its nodes a job that runs, behind them some that wait.
   * @param seconds that those work which run
   */
  async fill(seconds: number, waiting = 3): Promise<void> {
    const { taken } = this.#clusters;
    for (const { name } of taken) {
      const { id } = await this.taken.submit(seconds, ['-w', name, '--exclusive']);
      await until(
        async () => (await this.seen('b1', id ?? '')).state === 'RUNNING',
        `${id} to run`,
      );
    }
    const [first] = await this.wait(1);
    if (waiting > 1) await this.wait(1, [`--dependency=afterok:${first ?? ''}`]);
    await this.wait(waiting - 2, ['--time=10']);
  }

  /** Jobs that wait in the cluster that is taken up, as long as its nodes are full. @returns their numbers */
  async wait(count: number, options: readonly string[] = []): Promise<string[]> {
    const ids: string[] = [];
    for (let index = 0; index < count; index += 1) {
      const { id, error } = await this.taken.submit(0.5, options);
      if (id === null) throw new Error(error);
      ids.push(id);
    }
    return ids;
  }

  /** @param on name of a host */
  async seen(on: string, id: string): Promise<Seen> {
    const { stdout } = await this.#clusters.host(on).exec(['scontrol', 'show', 'job', id]);
    const field = (name: string) => new RegExp(`\\b${name}=(\\S+)`).exec(stdout)?.[1] ?? '';
    return { state: field('JobState'), restarts: field('Restarts'), start: field('StartTime') };
  }

  /** What those of the cluster that was taken up wait for, as a host's SLURM lists them. */
  async places(on: string): Promise<string[]> {
    return (await this.#waiting(on)).map(({ reason }) => reason);
  }

  /** Lets all of them begin that are held there. */
  async release(on: string): Promise<void> {
    for (const { id, reason } of await this.#waiting(on)) {
      if (!reason.startsWith('JobHeld')) continue;
      await this.#clusters.host(on).must(['scontrol', 'release', id]);
    }
  }

  async #waiting(on: string): Promise<{ id: string; reason: string }[]> {
    const names = new Set(this.taken.tickets.map(({ nonce }) => nonce));
    const argv = ['squeue', '-h', '-a', '-t', 'PD', '-S', 'i', '-o', '%i|%j|%r'];
    const text = await this.#clusters.host(on).must(argv);
    return text.split('\n').flatMap((line) => {
      const [id = '', name = '', reason = ''] = line.split('|');
      return names.has(name) ? [{ id, reason }] : [];
    });
  }

  /** Waits until every job has ended somewhere; what has not by then is lost. */
  async settled(withinMs = 120_000): Promise<void> {
    const isSettled = async () => (await this.audit()).lost.length === 0;
    // what is lost is told by the audit, with all the rest
    await until(isSettled, 'the jobs to end', { withinMs, everyMs: 500 }).catch(() => undefined);
  }

  /** What became of all jobs so far. */
  async audit(): Promise<Audit> {
    const on = ['a1', 'b1'].map((name) => this.#clusters.host(name));
    const [traces, accounts] = await Promise.all([
      Promise.all(on.map((host) => read(host, TRACES))),
      Promise.all(on.map((host) => read(host, ACCOUNTS))),
    ]);
    // one that was carried away is an entry there too, of a job that never had a node
    const ended = readAccounts(accounts.join('\n')).filter(
      ({ line, state }) => state !== 'CANCELLED' || !line.includes('NodeList=(null)'),
    );
    const tickets = [...this.staying.tickets, ...this.taken.tickets];
    return audit(tickets, readTraces(traces.join('\n')), ended);
  }

  /** What is not as it must be, a sentence each. */
  async wrong({ allowRefused = false } = {}): Promise<string[]> {
    const found = await this.audit();
    return complaints(allowRefused ? { ...found, refused: [] } : found);
  }

  async stop(): Promise<void> {
    await Promise.all([this.staying.stop(), this.taken.stop()]);
  }
}

const read = async (host: LabHost, path: string) => (host.isOn ? host.must(['cat', path]) : '');
