import { Failure, fail } from '#shared/contract/errors';
import type { Clock } from '../../../ports';
import { complaint } from '../../../roles/slurm/look';
import type { Asks } from './ask';
import { holdIn, keyIn, takenBack, type Was, withHold, withoutHold } from './mark';
import { type Standing, standingOf } from './standing';

const ACT_MS = 15_000;
/** How long SLURM may take until what was asked shows. */
const SETTLE_MS = 5_000;
const POLL_MS = 100;

interface Deps {
  commands: Asks;
  clock: Pick<Clock, 'monotonic' | 'sleep'>;
}
interface Call {
  log(line: string): void;
  signal: AbortSignal;
}

/**
 * Holds a waiting job so that only an admin can release it. How it was before stands beside it in
 * SLURM, so that whoever asks again is told the same.
 * @throws Failure SERVER_ERROR | TIMEOUT
 */
export async function hold(
  deps: Deps,
  { id, operation }: { id: string; operation: string },
  call: Call,
): Promise<{ state: 'held' | 'gone'; wasHeld: boolean }> {
  const before = await standingOf(deps.commands, id, call.signal);
  if (before === null) return { state: 'gone', wasHeld: false };
  const was = holdIn(before.adminComment)?.was ?? wasBy(before);
  const wasHeld = was !== 'free';
  const mark = withHold(before.adminComment, operation, was);
  if (before.isHeld && before.adminComment === mark) return { state: 'held', wasHeld };
  const update = [`JobId=${id}`, `AdminComment=${mark}`, 'Priority=0'];
  const after = await act(deps, ['scontrol', 'update', ...update], id, call, (now) =>
    Boolean(now?.isHeld && now.adminComment === mark),
  );
  return after === null ? { state: 'gone', wasHeld } : { state: 'held', wasHeld };
}

function wasBy({ isHeld, reason }: Standing): Was {
  if (!isHeld) return 'free';
  return reason === 'JobHeldAdmin' ? 'admin' : 'user';
}

/** Its user can release it no more; as an admin would hold it, with no mark of an operation. */
export async function holdAsAdmin(deps: Deps, id: string, call: Call): Promise<void> {
  const isTheirs = (now: Standing | null) => now?.reason === 'JobHeldAdmin';
  const before = await standingOf(deps.commands, id, call.signal);
  if (before === null || isTheirs(before)) return;
  await act(deps, ['scontrol', 'hold', id], id, call, isTheirs);
}

/**
 * Lets a job be as it was before it was held; one that nobody held before may begin.
 * @throws Failure SERVER_ERROR | TIMEOUT
 */
export async function unhold(deps: Deps, id: string, call: Call): Promise<void> {
  const before = await standingOf(deps.commands, id, call.signal);
  if (before === null) return;
  const { adminComment } = before;
  // a carried job came held and unmarked; any other without a mark was let go before
  const was = holdIn(adminComment)?.was ?? (keyIn(before.comment) === '' ? null : 'free');
  if (was === 'free') {
    if (before.isHeld) {
      await act(deps, ['scontrol', 'release', id], id, call, (now) => now?.isHeld === false);
    }
  } else if (was === 'user' && before.reason === 'JobHeldAdmin') {
    const isTheirs = (now: Standing | null) => now?.reason !== 'JobHeldAdmin';
    await act(deps, ['scontrol', 'uhold', id], id, call, isTheirs);
  }
  const plain = withoutHold(adminComment);
  if (plain === adminComment) return;
  const update = ['scontrol', 'update', `JobId=${id}`, `AdminComment=${plain}`] as const;
  await act(deps, update, id, call, (now) => now?.adminComment === plain);
}

/**
 * Ends a job that goes on elsewhere; of an array the tasks that wait.
 * @throws Failure INVALID_INPUT where it is not held, so that it may begin any moment
 */
export async function cancel(deps: Deps, id: string, call: Call): Promise<void> {
  const before = await standingOf(deps.commands, id, call.signal);
  if (before === null) return;
  if (!before.isHeld) throw notHeld(id);
  // should this be the end of a copy: it is no carried job from here on, also as one that has ended
  const comment = takenBack(before.comment);
  if (!isTakenBack(before.comment)) {
    const update = ['scontrol', 'update', `JobId=${id}`, `Comment=${comment}`] as const;
    await act(deps, update, id, call, (now) => now?.comment === comment);
  }
  const argv = ['scancel', '--state=PENDING', id] as const;
  const left = await act(deps, argv, id, call, (now) => now === null);
  if (left !== null) throw notHeld(id);
}

const isTakenBack = (comment: string) => comment.endsWith(takenBack('').trim());

/**
 * Sends it once; what is read back decides, also where its answer was lost.
 * @returns how it stands then; null: it waits no more
 */
async function act(
  { commands, clock }: Deps,
  argv: readonly [string, ...string[]],
  id: string,
  { log, signal }: Call,
  isDone: (now: Standing | null) => boolean,
): Promise<Standing | null> {
  log(argv.join(' '));
  const sent = await commands.run(argv, { deadlineMs: ACT_MS, signal }).catch((error: unknown) => {
    if (error instanceof Failure && error.code === 'TIMEOUT') return null;
    throw error;
  });
  const until = clock.monotonic() + SETTLE_MS;
  for (;;) {
    const now = await standingOf(commands, id, signal);
    if (now === null || isDone(now)) return now;
    if (sent !== null && sent.code !== 0) throw refused(argv[0], sent.stderr);
    if (clock.monotonic() > until) throw unseen(id);
    await clock.sleep(POLL_MS, signal);
  }
}

const refused = (program: string, stderr: string) =>
  fail(
    'SERVER_ERROR',
    { remedy: 'Look at the controller: scontrol ping.' },
    `${program} failed: ${complaint(stderr)}.`,
  );

const unseen = (id: string) =>
  fail(
    'TIMEOUT',
    { remedy: 'Look at the job before you do it again.', outcome: 'unknown' },
    `SLURM took it, but job ${id} is as before.`,
  );

const notHeld = (id: string) =>
  fail('INVALID_INPUT', { remedy: 'Hold it first.' }, `Job ${id} is not held.`);
