import type { z } from 'zod';
import { fail } from '#shared/contract/errors';
import type { Commands } from '../../../ports';
import { CONFIG_KEY, slurmConfig } from '../../../roles/slurm/config';
import { asked, lookAtNodes } from '../../../roles/slurm/look';
import type { State } from '../../../state/types';
import { listMergeJobs } from '../carry/queue';
import type { lookAtCluster } from '../hands';

const ASK_MS = 10_000;
/** More would not fit into one answer between two agents. */
const MAX_JOBS = 20_000;
/** as SLURM names the accounting that knows users and accounts */
export const ACCOUNTED = 'accounting_storage/slurmdbd';

export interface SlurmLookDeps {
  state: Pick<State, 'get'>;
  commands: Pick<Commands, 'run'>;
}

type SlurmLook = NonNullable<z.input<typeof lookAtCluster.output>['slurm']>;

/**
 * SLURM of this cluster as its record and its own commands tell; null where it was never set up.
 * @throws Failure TIMEOUT | SERVER_ERROR where no controller answers
 */
export async function slurmHere(
  { state, commands }: SlurmLookDeps,
  signal: AbortSignal,
): Promise<SlurmLook | null> {
  const entry = await state.get(CONFIG_KEY, { signal });
  if (entry === null) return null;
  const config = slurmConfig.parse(entry.value);
  const options = { deadlineMs: ASK_MS, signal };
  const settings = settingsIn(await asked(commands, ['scontrol', 'show', 'config'], options));
  // one after another: each is a burst of work for the controller
  const { nodes, partitions } = await lookAtNodes(commands, options);
  const jobs = await listMergeJobs(commands, signal);
  if (jobs.length > MAX_JOBS) throw tooMany(jobs.length);
  const accounting = settings.get('AccountingStorageType') ?? '';
  const firstJobId = numberIn(settings.get('FirstJobId')) || config.firstJobId;
  const next = numberIn(settings.get('NEXT_JOB_ID'));
  return {
    clusterName: settings.get('ClusterName') ?? config.clusterName,
    version: settings.get('SLURM_VERSION') ?? '',
    controllers: config.controllers,
    shared: config.shared,
    stateSaveLocation: config.stateSaveLocation,
    firstJobId,
    lastJobId: next > firstJobId ? next - 1 : 0,
    accounting,
    accounts: accounting === ACCOUNTED ? await accountsOf(commands, signal) : [],
    partitions: partitions.map(({ name, state: word }) => ({ name, state: word })),
    nodes: nodes.map(({ name, state: word, cpus }) => ({ name, state: word, cpus })),
    jobs,
    user: config.slurmUser,
    extra: config.extra,
    maxNodes: numberIn(settings.get('MaxNodeCount')),
  };
}

/** `Name = value` of `scontrol show config`. */
function settingsIn(text: string): ReadonlyMap<string, string> {
  const lines = [...text.matchAll(/^(\S+)\s*= ?(.*)$/gm)];
  return new Map(lines.map(([, name = '', value = '']) => [name, value.trim()]));
}

/** 0 for what is no number, as `(null)`. */
const numberIn = (text = ''): number => (/^\d+$/.test(text) ? Number(text) : 0);

async function accountsOf(commands: Pick<Commands, 'run'>, signal: AbortSignal): Promise<string[]> {
  const argv = ['sacctmgr', '-n', '-P', 'list', 'account', 'format=Account'] as const;
  const text = await asked(commands, argv, { deadlineMs: ASK_MS, signal });
  return [...new Set(text.split('\n').filter((line) => line !== ''))].toSorted();
}

const tooMany = (count: number) =>
  fail(
    'RESPONSE_TOO_LARGE',
    { remedy: `Wait until fewer than ${MAX_JOBS} are left, then plan again.` },
    `${count} jobs are too many for one plan.`,
  );
