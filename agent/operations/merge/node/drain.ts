import { z } from 'zod';
import { fail } from '#shared/contract/errors';
import type { Commands } from '../../../ports';
import { CONFIG_KEY, slurmConfig } from '../../../roles/slurm/config';
import { listing } from '../../../roles/slurm/listing';
import type { State } from '../../../state/types';
import type { HandCall } from '../../hands/types';
import { ask } from '../carry/ask';

/** In the shared state: how the partitions were before a merge drained this cluster. */
const DRAIN = 'merge/drain';
const drainRecord = z.object({
  operation: z.string(),
  /** SLURM's word by partition, as `UP` */
  before: z.record(z.string(), z.string()),
});

const CLOSED = 'INACTIVE';
/** As sinfo shortens them. */
const WORDS: Readonly<Record<string, string>> = {
  up: 'UP',
  down: 'DOWN',
  drain: 'DRAIN',
  inact: CLOSED,
};
const TRIES = 5;

export interface DrainDeps {
  state: Pick<State, 'get' | 'commit'>;
  commands: Pick<Commands, 'run'>;
}

/**
 * Closes all partitions: nothing is taken, nothing begins, what runs goes on. How they were is written
 * down first, so that it is known however often this is asked for; and slurm.conf says it too, so that
 * no restart of the controller opens them again.
 * @throws Failure SERVER_ERROR where SLURM refuses, of the state
 */
export async function drain(
  deps: DrainDeps,
  operation: string,
  { log, signal }: Pick<HandCall, 'log' | 'signal'>,
): Promise<Record<string, string>> {
  const { state } = deps;
  const entry = await state.get(DRAIN);
  const known = drainRecord.safeParse(entry?.value).data ?? null;
  const ours = known?.operation === operation ? known.before : {};
  const now = await partitionStates(deps, signal);
  const before = { ...now, ...ours };
  await state.commit([], [{ key: DRAIN, put: { operation, before } }]);
  await setClosed(deps, true);
  for (const [name, word] of Object.entries(now)) {
    if (word !== CLOSED) await setState(deps, name, CLOSED, { log, signal });
  }
  return before;
}

/** Opens what was open before. @throws Failure SERVER_ERROR, of the state */
export async function undrain(
  deps: DrainDeps,
  before: Readonly<Record<string, string>>,
  { log, signal }: Pick<HandCall, 'log' | 'signal'>,
): Promise<void> {
  const { state } = deps;
  await setClosed(deps, false);
  const now = await partitionStates(deps, signal);
  for (const [name, word] of Object.entries(before)) {
    if (now[name] !== undefined && now[name] !== word) {
      await setState(deps, name, word, { log, signal });
    }
  }
  await state.commit([], [{ key: DRAIN, delete: true }]);
}

/** For which operation partitions are closed; null where they are as they were. @throws Failure of the state */
export async function drainedFor(state: Pick<State, 'get'>): Promise<string | null> {
  return drainRecord.safeParse((await state.get(DRAIN))?.value).data?.operation ?? null;
}

/**
 * Opens them as it was written down before they were closed.
 * @returns how that was; null where they were not closed
 * @throws Failure SERVER_ERROR, of the state
 */
export async function reopen(
  deps: DrainDeps,
  call: Pick<HandCall, 'log' | 'signal'>,
): Promise<Record<string, string> | null> {
  const known = drainRecord.safeParse((await deps.state.get(DRAIN))?.value).data ?? null;
  if (known === null) return null;
  await undrain(deps, known.before, call);
  return known.before;
}

/** Whether every partition is closed. */
export async function isDrained(deps: DrainDeps, signal: AbortSignal): Promise<boolean> {
  return Object.values(await partitionStates(deps, signal)).every((word) => word === CLOSED);
}

async function partitionStates(
  { commands }: DrainDeps,
  signal: AbortSignal,
): Promise<Record<string, string>> {
  const { format, rows } = listing(['%R', '%a']);
  const text = await ask(commands, ['sinfo', '-h', '-a', '-o', format], signal);
  return Object.fromEntries(
    rows(text).map(([name = '', word = '']) => [name, WORDS[word] ?? word.toUpperCase()]),
  );
}

async function setState(
  { commands }: DrainDeps,
  name: string,
  word: string,
  { log, signal }: Pick<HandCall, 'log' | 'signal'>,
): Promise<void> {
  const argv = ['scontrol', 'update', `PartitionName=${name}`, `State=${word}`] as const;
  await ask(commands, argv, signal);
  log(argv.join(' '));
}

async function setClosed({ state }: DrainDeps, closed: boolean): Promise<void> {
  for (let tries = 0; tries < TRIES; tries += 1) {
    const entry = await state.get(CONFIG_KEY);
    const config = entry === null ? null : slurmConfig.parse(entry.value);
    if (entry === null || config === null || (config.closed ?? false) === closed) return;
    const { modRevision } = entry;
    const done = await state.commit(
      [{ key: CONFIG_KEY, is: 'unchangedSince', modRevision }],
      [{ key: CONFIG_KEY, put: { ...config, closed, revision: config.revision + 1 } }],
    );
    if (done !== null) return;
  }
  throw fail('REVISION_CHANGED', { remedy: 'It is tried again.' }, 'SLURM is being set up anew.');
}
