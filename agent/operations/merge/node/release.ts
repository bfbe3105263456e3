import { type Failure, fail } from '#shared/contract/errors';
import type { NodeMembership } from '../../../membership/types';
import type { Commands } from '../../../ports';
import { CONFIG_KEY, slurmConfig } from '../../../roles/slurm/config';
import { listing } from '../../../roles/slurm/listing';
import { complaint } from '../../../roles/slurm/look';
import { leavingKey, seatKey } from '../../../state/etcd/keeper';
import type { EtcdSeats } from '../../../state/etcd/seats';
import type { State } from '../../../state/types';
import type { HandCall } from '../../hands/types';
import { ask } from '../carry/ask';

const DELETE_MS = 20_000;
const TRIES = 5;

export interface ReleaseDeps {
  state: Pick<State, 'get' | 'commit'>;
  membership: Pick<NodeMembership, 'members' | 'release'>;
  /** null where the state is this node's alone */
  seats: { seats(): Promise<EtcdSeats> } | null;
  commands: Pick<Commands, 'run'>;
}

/** What is still waited for; '' where all is done. */
export type Released = { done: boolean; waitingFor: string };
const over: Released = { done: true, waitingFor: '' };
const waiting = (waitingFor: string): Released => ({ done: false, waitingFor });

/** Has the others take this node's copy of the shared state over; it is looked at by asking again. */
export async function releaseSeat(
  { state, seats }: ReleaseDeps,
  node: string,
  operation: string,
): Promise<Released> {
  if (seats === null) return over;
  const key = leavingKey(node);
  await state.commit([{ key, is: 'absent' }], [{ key, put: { operation } }]);
  const { members, leader } = await seats.seats();
  if (members.some((one) => one.node === node)) return waiting('the others to take its seat over');
  if (leader === null) return waiting('a leader of the shared state');
  const silent = members.filter(({ isAnswering }) => !isAnswering).length;
  return silent === 0 ? over : waiting('all copies of the shared state to answer');
}

/** It may have a seat again. */
export async function welcome({ state }: ReleaseDeps, node: string): Promise<void> {
  await state.commit([], [{ key: leavingKey(node), delete: true }]);
}

/**
 * Forgets a node that belongs to another cluster now: as a standby of SLURM, as a worker, as a member.
 * @param name under which it was known
 * @throws Failure REVISION_CHANGED where it is SLURM's controller here
 */
export async function releaseMember(
  deps: ReleaseDeps,
  node: string,
  call: Pick<HandCall, 'log' | 'signal'>,
): Promise<Released> {
  const { state, membership } = deps;
  const hasSlurm = await leaveControllers(deps, node);
  const member = membership.members().find(({ id }) => id === node);
  if (hasSlurm && member !== undefined) {
    const why = await unforgotten(deps, member.name, call);
    if (why !== null)
      return waiting(`SLURM to forget ${member.name}${why === '' ? '' : ` (${why})`}`);
  }
  await membership.release(node);
  await state.commit(
    [],
    [
      { key: leavingKey(node), delete: true },
      { key: seatKey(node), delete: true },
    ],
  );
  return over;
}

/** @returns whether there is SLURM at all */
async function leaveControllers({ state }: ReleaseDeps, node: string): Promise<boolean> {
  for (let tries = 0; tries < TRIES; tries += 1) {
    const entry = await state.get(CONFIG_KEY);
    if (entry === null) return false;
    const config = slurmConfig.parse(entry.value);
    if (!config.controllers.includes(node)) return true;
    if (config.controllers[0] === node) throw inControl();
    const without = (ids: readonly string[]) => ids.filter((id) => id !== node);
    const next = {
      ...config,
      controllers: without(config.controllers),
      held: without(config.held),
      revision: config.revision + 1,
    };
    const { modRevision } = entry;
    const done = await state.commit(
      [{ key: CONFIG_KEY, is: 'unchangedSince', modRevision }],
      [{ key: CONFIG_KEY, put: next }],
    );
    if (done !== null) return true;
  }
  throw fail('REVISION_CHANGED', { remedy: 'It is tried again.' }, 'SLURM is being set up anew.');
}

/** @returns null where SLURM lists it no more; else what it says, '' where it says nothing */
async function unforgotten(
  { commands }: ReleaseDeps,
  name: string,
  { log, signal }: Pick<HandCall, 'log' | 'signal'>,
): Promise<string | null> {
  const isListed = async () => {
    const { format, rows } = listing(['%N']);
    const text = await ask(commands, ['sinfo', '-h', '-a', '-N', '-n', name, '-o', format], signal);
    return rows(text).some(([found]) => found === name);
  };
  if (!(await isListed())) return null;
  const argv = ['scontrol', 'delete', `NodeName=${name}`] as const;
  const options = { deadlineMs: DELETE_MS, signal };
  let sent = await commands.run(argv, options);
  // one that was drained while a job had all of it stays allocated in SLURM's books, without a job
  if (
    sent.code !== 0 &&
    /busy|in use/i.test(sent.stderr) &&
    (await isIdle(commands, name, signal))
  ) {
    const down = [`NodeName=${name}`, 'State=DOWN', 'Reason=It has left this cluster'];
    await commands.run(['scontrol', 'update', ...down], options);
    sent = await commands.run(argv, options);
  }
  if (sent.code === 0) log(argv.join(' '));
  return (await isListed()) ? complaint(sent.stderr) : null;
}

/** Whether no job has begun on it, as SLURM tells. */
async function isIdle(
  commands: Pick<Commands, 'run'>,
  name: string,
  signal: AbortSignal,
): Promise<boolean> {
  const argv = ['squeue', '-h', '-a', '-w', name, '-t', 'R,S,CG,CF', '-o', '%A'] as const;
  const { code, stdout } = await commands.run(argv, { deadlineMs: DELETE_MS, signal });
  return code === 0 && stdout.trim() === '';
}

const inControl = (): Failure =>
  fail(
    'REVISION_CHANGED',
    { remedy: 'Make another node the controller first.' },
    'It is the SLURM controller of its cluster.',
  );
