import { z } from 'zod';
import { CONFIG_KEY, slurmConfig } from '../../../roles/slurm/config';
import type { StepContext } from '../../engine/types';
import type { PlannedStep } from '../../types';
import { drainCluster, lookAtCluster, lookAtDrain, undrainCluster } from '../hands';
import { type MergeGround, MINUTE, SECOND } from './ground';

const PHASE = 'Service migration';
const DRAIN_MS = 30 * SECOND;
const TRIES = 5;
/** holds every node by itself */
const EVERYWHERE = 'batch';

/** Jobs name partitions: the gaining cluster has them before jobs come. */
export function partitionsStep(ground: MergeGround): PlannedStep {
  const { gaining, losing } = ground.params;
  return {
    id: 'partitions',
    title: `${PHASE}: give ${gaining.name} the partitions of ${losing.name}`,
    detail: `Jobs from ${losing.name} find the partitions that they name; its nodes come into them when they cross.`,
    class: 'idempotent',
    expectedMs: SECOND,
    deadlineMs: MINUTE,
    probe: async (context) => ((await missing(ground, context)).length === 0 ? 'done' : 'absent'),
    async do(context) {
      const names = await missing(ground, context);
      await setPartitions(ground, context, (now) => [...now, ...names]);
      context.log(`partitions: ${names.join(', ')}`);
    },
    async verify(context) {
      const names = await missing(ground, context);
      return names.length === 0 ? null : `${gaining.name} to have ${names.join(', ')}`;
    },
    async undo(context) {
      const before = partitionsBefore(context);
      const { slurm } = await ground.there(context, lookAtCluster, {});
      const taken = slurm?.partitions.map(({ name }) => name) ?? [];
      // also what its nodes asked for by themselves while they were there
      const isOurs = (name: string) => before.includes(name) || !taken.includes(name);
      await setPartitions(ground, context, (now) => now.filter(isOurs));
    },
  };
}

/** Nothing new begins in the losing cluster; what runs goes on. */
export function drainStep(ground: MergeGround): PlannedStep {
  const { losing } = ground.params;
  const drain = async (context: StepContext) => {
    const { operation } = context;
    const answer = await ground.there(context, drainCluster, { operation }, undefined, DRAIN_MS);
    context.keep('drainedBefore', answer.before);
  };
  return {
    id: 'drain',
    title: `${PHASE}: take no more jobs in ${losing.name}`,
    detail: `Its partitions take no submissions and begin no pending jobs. Running jobs go on where they are.`,
    class: 'idempotent',
    gradual: true,
    expectedMs: SECOND,
    deadlineMs: MINUTE,
    probe: async (context) =>
      (await ground.there(context, lookAtDrain, {})).drained ? 'done' : 'absent',
    do: drain,
    async verify(context) {
      const { drained, running, pending } = await ground.there(context, lookAtDrain, {});
      if (!drained) return `${losing.name} to take no more jobs`;
      // what was drained before a crash still says how it was
      if (context.notes['drainedBefore'] === undefined) await drain(context);
      context.log(`${running.length} jobs run there, ${pending.length} wait`);
      return null;
    },
    async undo(context) {
      const before = drainedBefore(context) ?? {};
      await ground.there(context, undrainCluster, { before }, undefined, DRAIN_MS);
    },
  };
}

/** How the losing cluster's partitions were; null where they were not touched. */
export const drainedBefore = ({ notes }: Pick<StepContext, 'notes'>) =>
  z.record(z.string(), z.string()).safeParse(notes['drainedBefore']).data ?? null;

const partitionsBefore = ({ notes }: Pick<StepContext, 'notes'>): string[] =>
  z.array(z.string()).parse(notes['partitionsBefore']);

/** Partitions that only the losing cluster has. */
async function missing(ground: MergeGround, context: StepContext): Promise<string[]> {
  const config = await ground.slurm();
  const { slurm } = await ground.there(context, lookAtCluster, {});
  if (config === null || slurm === null) return [];
  const known = [EVERYWHERE, ...config.partitions];
  return slurm.partitions.map(({ name }) => name).filter((name) => !known.includes(name));
}

/** Other nodes change the same record: it is tried a few times. */
async function setPartitions(
  { deps: { state } }: MergeGround,
  { leads }: StepContext,
  change: (now: readonly string[]) => string[],
): Promise<void> {
  for (let tries = 0; tries < TRIES; tries += 1) {
    const entry = await state.get(CONFIG_KEY);
    if (entry === null) return;
    const config = slurmConfig.parse(entry.value);
    const partitions = [...new Set(change(config.partitions))].toSorted();
    if (partitions.join() === config.partitions.join()) return;
    const { modRevision } = entry;
    const done = await state.commit(
      [leads, { key: CONFIG_KEY, is: 'unchangedSince', modRevision }],
      [{ key: CONFIG_KEY, put: { ...config, partitions, revision: config.revision + 1 } }],
    );
    if (done !== null) return;
  }
}
