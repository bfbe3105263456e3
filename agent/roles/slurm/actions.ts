import type { JobAction, NodeAction } from '#shared/contract/agent/actions';
import { Failure, fail } from '#shared/contract/errors';
import type { Clock, CommandResult, Commands } from '../../ports';
import { listing } from './listing';
import { complaint } from './look';

const ACT_MS = 15_000;
const READ_MS = 5_000;
/** How long SLURM may take until what was asked shows. */
const SETTLE_MS = 5_000;
const POLL_MS = 250;

const JOB = /^\d{1,10}([_+](\d{1,10}|\[[\d,%-]{1,200}\]))?$/;
const NODE = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;

interface Deps {
  commands: Commands;
  clock: Clock;
  /** told after each action, whatever came of it */
  acted(): void;
}

/** Acts on SLURM through its own commands: once, and then looks what came of it. */
export class SlurmActions {
  readonly #deps: Deps;

  constructor(deps: Deps) {
    this.#deps = deps;
  }

  /** @returns its state then, as `drained` */
  async onNode(node: string, action: NodeAction, reason: string): Promise<string> {
    if (!NODE.test(node)) throw unknownNode(node);
    const before = await this.#nodeState(node);
    if (before === null) throw unknownNode(node);
    const isDrained = (state: string) => state === 'draining' || state === 'drained';
    const change =
      action === 'drain' ? ['State=DRAIN', `Reason=${plain(reason)}`] : ['State=RESUME'];
    // one that came back by itself has nothing to resume, which SLURM calls an invalid state
    if (action === 'resume' && !isDrained(before) && before !== 'down') return before;
    const argv = ['scontrol', 'update', `NodeName=${node}`, ...change] as const;
    return this.#act([...argv], async () => {
      const state = await this.#nodeState(node);
      const isDone = action === 'drain' ? isDrained(state ?? '') : !isDrained(state ?? 'drained');
      return { state: state ?? 'unknown', isDone };
    });
  }

  /** @returns its state then, as `CANCELLED` or `PENDING` */
  async onJob(job: string, action: JobAction): Promise<string> {
    if (!JOB.test(job)) throw unknownJob(job);
    const before = await this.#jobState(job);
    if (before === null) throw unknownJob(job);
    if (action === 'cancel') {
      return this.#act(['scancel', job], async () => {
        const found = await this.#jobState(job);
        const isDone = found === null || !/PENDING|RUNNING|SUSPENDED|CONFIGURING/.test(found.state);
        return { state: found?.state ?? 'CANCELLED', isDone };
      });
    }
    return this.#act(['scontrol', action, job], async () => {
      const found = await this.#jobState(job);
      const isHeld = /^Job(Held|HoldMaxRequeue)/.test(found?.reason ?? '');
      const isGone = found === null || found.state !== 'PENDING';
      return {
        state: found?.state ?? 'COMPLETED',
        isDone: isGone || isHeld === (action === 'hold'),
      };
    });
  }

  /**
   * Sends it once. Where its answer is lost, what is read back decides.
   * @throws Failure TIMEOUT with outcome `unknown` where that tells nothing either
   */
  async #act(
    argv: [string, ...string[]],
    read: () => Promise<{ state: string; isDone: boolean }>,
  ): Promise<string> {
    const { commands, clock, acted } = this.#deps;
    const sent = await commands.run(argv, { deadlineMs: ACT_MS }).catch((error: unknown) => {
      if (error instanceof Failure && error.code === 'TIMEOUT') return null;
      throw error;
    });
    try {
      const until = clock.monotonic() + SETTLE_MS;
      for (;;) {
        const { state, isDone } = await read();
        if (isDone) return state;
        // it was refused, and it shows: nothing changed
        if (sent !== null && sent.code !== 0) throw refused(argv[0], sent);
        if (clock.monotonic() > until) throw unseen(argv[0], state);
        await clock.sleep(POLL_MS);
      }
    } finally {
      acted();
    }
  }

  async #nodeState(node: string): Promise<string | null> {
    const [row] = await this.#list('sinfo', ['%N', '%T'], '-N', '-n', node);
    return row?.[1]?.toLowerCase().replace(/[^a-z_]+$/, '') ?? null;
  }

  async #jobState(job: string): Promise<{ state: string; reason: string } | null> {
    const rows = await this.#list('squeue', ['%i', '%T', '%r'], '-t', 'all', '-j', bare(job));
    // an array's name stands for all of its tasks: any of them then
    const row = rows.find(([id]) => id === job) ?? rows[0];
    return row === undefined ? null : { state: row[1] ?? '', reason: row[2] ?? '' };
  }

  async #list(program: string, letters: readonly string[], ...more: string[]): Promise<string[][]> {
    const { format, rows } = listing(letters);
    const argv = [program, '-h', '-a', ...more, '-o', format] as const;
    const result = await this.#deps.commands.run([...argv], { deadlineMs: READ_MS });
    if (result.code === 0) return rows(result.stdout);
    if (/Invalid job id/i.test(result.stderr)) return [];
    throw refused(program, result);
  }
}

/** squeue does not take the short form of an array's waiting jobs. */
const bare = (job: string) => job.replace(/_\[.*\]$/, '');

/** SLURM cuts a reason at quotes. */
const plain = (reason: string) => reason.replace(/["'\\]/g, '').trim() || 'no reason given';

function refused(program: string, { stderr }: CommandResult): Failure {
  const why = complaint(stderr);
  const detail = stderr.slice(0, 500);
  if (/denied|permission|not authorized|invalid user id/i.test(stderr)) {
    const remedy = 'Run the agent as root, or make its user an operator of SLURM.';
    return fail('PERMISSION_DENIED', { remedy, detail }, `SLURM refused it: ${why}.`);
  }
  if (/invalid (job|node)/i.test(stderr) && !/invalid node state/i.test(stderr)) {
    return fail('NOT_FOUND', { remedy: 'Look at the list again.', detail }, `${why}.`);
  }
  const remedy = 'Look at the controller: scontrol ping.';
  return fail('SERVER_ERROR', { remedy, detail }, `${program} failed: ${why}.`);
}

const unseen = (program: string, state: string) =>
  fail(
    'TIMEOUT',
    {
      remedy: 'Look at its state before you do it again.',
      outcome: 'unknown',
      detail: `${program}: ${state}`,
    },
    `SLURM took it, but it still is ${state}.`,
  );

const unknownNode = (node: string) =>
  fail('NOT_FOUND', { remedy: 'Look at the list of nodes.', node }, `SLURM knows no node ${node}.`);

const unknownJob = (job: string) =>
  fail(
    'NOT_FOUND',
    { remedy: 'Look at the list of jobs; it may have ended.', detail: job },
    `SLURM knows no job ${job}.`,
  );
