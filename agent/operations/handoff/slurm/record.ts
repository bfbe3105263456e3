import { fail } from '#shared/contract/errors';
import { CONFIG_KEY, type SlurmConfig, slurmConfig } from '../../../roles/slurm/config';
import type { State } from '../../../state/types';

const TRIES = 8;

type RecordState = Pick<State, 'get' | 'commit'>;

/** @throws Failure NOT_FOUND where SLURM is not set up | of the state */
export async function readRecord(state: Pick<State, 'get'>): Promise<SlurmConfig> {
  const entry = await state.get(CONFIG_KEY);
  if (entry !== null) return slurmConfig.parse(entry.value);
  throw fail(
    'NOT_FOUND',
    { remedy: 'Enable roles.slurm-controller on a node.' },
    'This cluster has no SLURM.',
  );
}

/**
 * Changes what all nodes agree on about SLURM, for an operation.
 * @param change the same record where nothing is to be changed
 * @throws Failure REVISION_CHANGED for a coordinator that was replaced
 */
export async function changeRecord(
  state: RecordState,
  epoch: number,
  change: (config: SlurmConfig) => SlurmConfig,
): Promise<SlurmConfig> {
  for (let tries = 0; tries < TRIES; tries += 1) {
    const entry = await state.get(CONFIG_KEY);
    const config = slurmConfig.parse(entry?.value);
    if (config.epoch > epoch) {
      const remedy = 'Nothing to do: the node that took over goes on.';
      throw fail('REVISION_CHANGED', { remedy }, 'Another node coordinates the operation by now.');
    }
    const changed = change(config);
    if (JSON.stringify(changed) === JSON.stringify(config)) return config;
    const next = { ...changed, epoch, revision: config.revision + 1 };
    const done = await state.commit(
      [{ key: CONFIG_KEY, is: 'unchangedSince', modRevision: entry?.modRevision ?? 0 }],
      [{ key: CONFIG_KEY, put: next }],
    );
    if (done !== null) return next;
  }
  throw fail('REVISION_CHANGED', { remedy: 'Try again.' }, "SLURM's record changes all the time.");
}
