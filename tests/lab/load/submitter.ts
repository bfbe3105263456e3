import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { LabHost } from '#tests/lab/host';
import { type Audit, audit, readAccounts, readTraces, type Ticket } from '#tests/lab/load/ledger';
import { type Result, until } from '#tests/lab/process';

/** Where all hosts of a cluster see what its jobs write; SLURM's accounting lies beside it. */
const LOAD = '/shared/load';
export const TRACES = `${LOAD}/traces`;
export const ACCOUNTS = `${LOAD}/accounting`;

/** Lines of slurm.conf that a cluster under load needs. */
export const ACCOUNTING = ['JobCompType=jobcomp/filetxt', `JobCompLoc=${ACCOUNTS}`] as const;

/** A client that hangs longer than this was not served; it is killed. */
const SUBMIT_MS = 120_000;
const LOST_MS = 10_000;

export interface SubmitterOptions {
  /** between an answer and the next submission */
  pauseMs?: number;
  /** how long each job works */
  jobSeconds?: number;
  /** further options of sbatch, for every job */
  options?: readonly string[];
}

/** Makes the files which the jobs and SLURM's accounting write, before SLURM is started. */
export async function prepareLoad(host: LabHost): Promise<void> {
  await host.sh(
    `install -d -m 777 ${LOAD} && touch ${TRACES} ${ACCOUNTS} && chmod 666 ${TRACES} ${ACCOUNTS}`,
  );
}

/**
 * Somebody who submits one small job after another from a host. Each job writes a line when it starts
 * and one when it ends, each in one append, so that it is known afterwards how often it ran.
 */
export class Submitter {
  readonly #host: LabHost;
  readonly #pauseMs: number;
  readonly #jobSeconds: number;
  readonly #options: readonly string[];
  readonly #tickets: Ticket[] = [];
  readonly #runs: string;
  readonly #ends = new AbortController();
  #loop: Promise<void> = Promise.resolve();
  #count = 0;
  /** when the submission under way was begun; null between two */
  #since: number | null = null;

  constructor(
    host: LabHost,
    { pauseMs = 150, jobSeconds = 0.3, options = [] }: SubmitterOptions = {},
  ) {
    this.#host = host;
    this.#pauseMs = pauseMs;
    this.#jobSeconds = jobSeconds;
    this.#options = options;
    // two may be made within one millisecond
    this.#runs = `${process.pid.toString(36)}${randomBytes(5).toString('hex')}`;
  }

  get tickets(): readonly Ticket[] {
    return this.#tickets;
  }

  /** Begins to submit, until `stop`. */
  start(): void {
    this.#loop = this.#submitAll();
  }

  /** Ends after the submission that is under way. */
  async stop(): Promise<void> {
    this.#ends.abort();
    await this.#loop;
  }

  /** One job beside the loop. @returns its ticket, also where it was refused */
  async submit(seconds: number, options: readonly string[] = []): Promise<Ticket> {
    this.#count += 1;
    const nonce = `${this.#runs}-${this.#count}`;
    const at = Date.now();
    const begun = performance.now();
    const { code, stdout, stderr } = await this.#host
      .exec(
        [...SBATCH, '-J', nonce, ...this.#options, ...options, '--wrap', work(nonce, seconds)],
        {
          deadlineMs: SUBMIT_MS,
        },
      )
      .catch((error: unknown): Result => ({ code: 1, stdout: '', stderr: String(error) }));
    const [id = null] = /^\d+/.exec(stdout) ?? [];
    const error = code === 0 && id !== null ? '' : `${stderr || stdout}`.trim() || `code ${code}`;
    const ticket = { nonce, id, at, tookMs: performance.now() - begun, error };
    this.#tickets.push(ticket);
    return ticket;
  }

  /** Waits until so many more submissions were answered, which proves that they are served. */
  async served(more: number, withinMs = 60_000): Promise<void> {
    const enough = this.#tickets.length + more;
    const isServed = () => this.#tickets.length >= enough;
    await until(isServed, `${more} more submissions to be answered`, { withinMs });
  }

  /** Longest wait of a client since that moment, also of one that still waits. @param since unix ms */
  longestSince(since: number): number {
    const waits = this.#tickets
      .filter(({ at, tookMs }) => at + tookMs >= since)
      .map(({ tookMs }) => tookMs);
    const now = this.#since === null ? 0 : performance.now() - this.#since;
    return Math.max(0, now, ...waits);
  }

  /**
   * Waits until all its jobs have ended, also those that SLURM holds back for two minutes because it
   * could not start them; what has no end some seconds after the queue is empty is lost and comes no
   * more, which the audit tells.
   * @param on asked for what is queued
   */
  async settled(on: LabHost, withinMs = 300_000): Promise<void> {
    let emptySince: number | null = null;
    const isSettled = async () => {
      const [queued, { lost }] = await Promise.all([this.#queued(on), this.audit(on)]);
      emptySince = queued > 0 ? null : (emptySince ?? performance.now());
      if (emptySince === null) return false;
      return lost.length === 0 || performance.now() - emptySince > LOST_MS;
    };
    await until(isSettled, 'the jobs to end', { withinMs, everyMs: 500 });
  }

  async #queued(on: LabHost): Promise<number> {
    const text = await on.must(['squeue', '-h', '-O', 'Name:64']);
    return text.split('\n').filter((line) => line.trim().startsWith(this.#runs)).length;
  }

  /** What became of all jobs so far, read on a host of the cluster. */
  async audit(on: LabHost): Promise<Audit> {
    const [traces, accounts] = await Promise.all([
      on.must(['cat', TRACES]),
      on.must(['cat', ACCOUNTS]),
    ]);
    return audit(this.#tickets, readTraces(traces), readAccounts(accounts));
  }

  async #submitAll(): Promise<void> {
    const { signal } = this.#ends;
    while (!signal.aborted) {
      this.#since = performance.now();
      await this.submit(this.#jobSeconds);
      this.#since = null;
      await sleep(this.#pauseMs, undefined, { signal }).catch(() => undefined);
    }
  }
}

const SBATCH = ['sbatch', '--parsable', '-D', '/', '-o', '/dev/null'];

/** `echo` writes a short line at once, and `>>` appends it whole. */
const work = (nonce: string, seconds: number) =>
  `echo "start ${nonce} $SLURM_JOB_ID $(hostname)" >>${TRACES}; sleep ${seconds}; ` +
  `echo "end ${nonce} $SLURM_JOB_ID $(hostname)" >>${TRACES}`;
