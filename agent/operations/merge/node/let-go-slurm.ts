import { Failure, fail } from '#shared/contract/errors';
import type { Clock, Commands } from '../../../ports';
import { CONFIG_KEY } from '../../../roles/slurm/config';
import { listing } from '../../../roles/slurm/listing';
import type { Slurm } from '../../../roles/slurm/types';
import type { State } from '../../../state/types';
import type { HandCall } from '../../hands/types';
import { drainReason } from '../../leave/returning-record';
import { isDraining } from '../../leave/routes';
import { ask } from '../carry/ask';
import { columns } from '../carry/columns';
import { unhold } from '../carry/holding';
import { holdIn } from '../carry/mark';
import { isDrained, reopen } from './drain';
import type { HeldSlurm, Told } from './let-go';

/** Whoever asked is answered within a minute; what is left then is done when it is asked for again. */
const FREE_MS = 45_000;

interface Deps {
  state: Pick<State, 'get' | 'commit'>;
  commands: Pick<Commands, 'run'>;
  clock: Pick<Clock, 'monotonic' | 'sleep'>;
  slurm: Pick<Slurm, 'actOnNode'>;
}

type Call = Pick<HandCall, 'log' | 'signal'>;

/** {@link HeldSlurm} with SLURM's own programs. */
export function heldSlurm(deps: Deps, deadlineMs = FREE_MS): HeldSlurm {
  return {
    async free(operation) {
      if ((await deps.state.get(CONFIG_KEY)) === null) {
        return { done: [], left: ['This cluster has no SLURM: no partition was closed.'] };
      }
      const call = { log: () => undefined, signal: AbortSignal.timeout(deadlineMs) };
      try {
        return (await silence(deps, call)) ?? (await freed(deps, operation, call));
      } catch (error) {
        if (call.signal.aborted) throw tooLong();
        throw error;
      }
    },
  };
}

async function freed(deps: Deps, operation: string, call: Call): Promise<Told> {
  const parts = [
    await partitions(deps, call),
    await nodes(deps, operation),
    await jobs(deps, operation, call),
  ];
  return { done: parts.flatMap(({ done }) => done), left: parts.flatMap(({ left }) => left) };
}

/** Why nothing can be asked of SLURM here; null where it answers. */
async function silence(deps: Deps, { signal }: Call): Promise<Told | null> {
  try {
    await isDrained(deps, signal);
    return null;
  } catch (error) {
    if (!(error instanceof Failure) || signal.aborted) throw error;
    const why =
      error.code === 'NOT_FOUND'
        ? 'This node has no commands of SLURM. Partitions, nodes and jobs stay as they are: say the same on a node that has them.'
        : `Partitions, nodes and jobs stay as they are: ${error.message} Mend SLURM, then say the same again.`;
    return { done: [], left: [why] };
  }
}

async function partitions(deps: Deps, call: Call): Promise<Told> {
  const before = await reopen(deps, call);
  const words = Object.entries(before ?? {}).map(([name, word]) => `${name} ${word}`);
  return {
    done: words.length === 0 ? [] : [`The partitions are as they were: ${words.join(', ')}.`],
    left: [],
  };
}

/** Only what this operation drained: the reason says so. */
async function nodes({ commands, slurm }: Deps, operation: string): Promise<Told> {
  const { format, rows } = listing(['%N', '%T', '%E']);
  const found = rows(await ask(commands, ['sinfo', '-h', '-a', '-N', '-o', format]));
  const ours = found.filter(
    ([, state = '', why]) => isDraining(state) && why === drainReason(operation),
  );
  // a node stands there once for each of its partitions
  const names = new Set(ours.map(([name = '']) => name));
  return eachOf([...names], {
    act: async (name) => void (await slurm.actOnNode(name, 'resume', '')),
    done: (name) => `${name} takes jobs again.`,
    left: (name, why) =>
      `${name} stays drained: ${why} Say "scontrol update NodeName=${name} State=RESUME".`,
  });
}

/** What was held so that it could be carried over, and was not. */
async function jobs(deps: Deps, operation: string, call: Call): Promise<Told> {
  const { format, rows } = columns({ ArrayJobID: 12, admin_comment: 4096 });
  const argv = ['squeue', '-h', '-a', '-t', 'PD', '-O', format] as const;
  const found = rows(await ask(deps.commands, argv, call.signal));
  const ours = found.filter((job) => holdIn(job.admin_comment)?.operation === operation);
  return eachOf([...new Set(ours.map(({ ArrayJobID }) => ArrayJobID))], {
    act: (id) => unhold(deps, id, call),
    done: (id) => `Job ${id} waits as it did before.`,
    left: (id, why) => `Job ${id} stays held: ${why} Say "scontrol release ${id}".`,
  });
}

interface Each {
  act(one: string): Promise<void>;
  done(one: string): string;
  left(one: string, why: string): string;
}

/** One that refuses does not keep the others from it. */
async function eachOf(all: readonly string[], { act, done, left }: Each): Promise<Told> {
  const told: Told = { done: [], left: [] };
  for (const one of all) {
    try {
      await act(one);
      told.done.push(done(one));
    } catch (error) {
      if (!(error instanceof Failure) || error.code === 'ABORTED') throw error;
      told.left.push(left(one, error.message));
    }
  }
  return told;
}

const tooLong = (): Failure =>
  fail(
    'TIMEOUT',
    { remedy: 'Say it again: it goes on with what is left.' },
    'SLURM takes long, and the cluster is still held.',
  );
