import { z } from 'zod';
import { fail } from '#shared/contract/errors';
import type { StepContext } from '../../engine/types';
import type { PlannedStep } from '../../types';
import { keepNode, lockCluster, lookAtCluster, unlockCluster } from '../hands';
import { forEach, type MergeGround, MINUTE, SECOND } from './ground';
import { patiently } from './patience';

const PHASE = 'Coordination';
const AT_ONCE = 4;
const KEEP_MS = 2 * MINUTE;
/** an agent that restarts is back by then; nothing has changed yet that others would wait for */
const RESTART_MS = MINUTE;

/** Both sides still are what was approved. */
export function pactStep(ground: MergeGround): PlannedStep {
  const { gaining, losing, nodes } = ground.params;
  return {
    id: 'pact',
    title: `${PHASE}: ask ${losing.name} whether all is as planned`,
    detail: `The same nodes with the same certificates, nothing under way there, and a pact that lets ${gaining.name} call them.`,
    class: 'idempotent',
    expectedMs: 500,
    deadlineMs: 2 * MINUTE,
    probe: async () => 'absent',
    async do(context) {
      const look = () => ground.there(context, lookAtCluster, {});
      const seen = await patiently(ground, context, look, RESTART_MS);
      const { operation } = context;
      const found = new Map(seen.members.map((one) => [one.id, one.fingerprint]));
      const changed = [
        ...nodes.filter(({ id, fingerprint }) => found.get(id) !== fingerprint),
        ...seen.members.filter(({ id }) => !nodes.some((one) => one.id === id)),
      ].map(({ name }) => name);
      const both = nodes.filter(({ id }) => ground.isMember(id)).map(({ name }) => name);
      if (seen.cluster.uuid !== losing.uuid) throw different(`${seen.cluster.name} answers there.`);
      if (changed.length > 0) throw different(`These differ: ${changed.join(', ')}.`);
      if (both.length > 0)
        throw different(`${both.join(', ')} belongs to ${gaining.name} already.`);
      if (seen.busy !== '') throw different(`"${seen.busy}" is under way in ${losing.name}.`);
      if (seen.locked !== '' && seen.locked !== operation) {
        throw different(`${losing.name} is held for another merge.`);
      }
    },
    verify: async () => null,
  };
}

/** From here on nobody joins either cluster, and nothing else begins there. */
export function lockStep(ground: MergeGround): PlannedStep {
  const { gaining, losing, nodes } = ground.params;
  const allows = nodes.map(({ id }) => id);
  const input = ({ operation }: StepContext) => ({ by: gaining, operation, allows });
  return {
    id: 'lock',
    title: `${PHASE}: hold ${gaining.name} and ${losing.name}`,
    detail: 'Nobody else joins either of them, and no other operation begins there.',
    class: 'idempotent',
    gradual: true,
    expectedMs: 500,
    deadlineMs: 2 * MINUTE,
    probe: async () => 'absent',
    async do(context) {
      const hold = async () => {
        await ground.here(context, ground.deps.membership.self.id, lockCluster, input(context));
        await ground.there(context, lockCluster, input(context));
      };
      await patiently(ground, context, hold, RESTART_MS);
    },
    verify: async () => null,
    async undo(context) {
      const { operation } = context;
      await ground.there(context, unlockCluster, { operation });
      await ground.here(context, ground.deps.membership.self.id, unlockCluster, { operation });
    },
  };
}

/** What the way back rests on is put aside, on all that cross and where the gaining side is kept. */
export function keepStep(ground: MergeGround): PlannedStep {
  const { gaining, losing, nodes, anchor } = ground.params;
  return {
    id: 'keep',
    title: `${PHASE}: save the state of both`,
    detail: `Shared state, SLURM's state, keys and configurations, with sums that are read back. They stay for 24 hours after the end.`,
    class: 'idempotent',
    gradual: true,
    expectedMs: 2 * SECOND,
    deadlineMs: 10 * MINUTE,
    probe: async (context) => (keptAt(context) === null ? 'absent' : 'done'),
    async do(context) {
      const { operation } = context;
      const keeper = await ground.gainingNode();
      context.keep('partitionsBefore', (await ground.slurm())?.partitions ?? []);
      let files = 0;
      const count = (kept: { files: number; bytes: number }, name: string) => {
        files += 1;
        context.waiting(`${files} of ${nodes.length + 1} nodes`, files / (nodes.length + 1));
        context.log(`kept ${kept.files} files, ${kept.bytes} bytes`, name);
      };
      const own = { operation, whole: true };
      const patient = <T>(run: () => Promise<T>) => patiently(ground, context, run, RESTART_MS);
      const kept = await patient(() => ground.here(context, keeper, keepNode, own, KEEP_MS));
      count(kept, gaining.name);
      await forEach(nodes, AT_ONCE, async (node) => {
        const input = { operation, whole: node.id === anchor };
        const kept = await patient(() => ground.there(context, keepNode, input, node, KEEP_MS));
        count(kept, node.name);
      });
      context.keep('keptAt', keeper);
    },
    verify: async (context) => {
      if (keptAt(context) !== null) return null;
      return `${losing.name} to keep what a return needs`;
    },
  };
}

/** Id of the gaining side's node that keeps its snapshot; null where it is not noted. */
export const keptAt = ({ notes }: Pick<StepContext, 'notes'>): string | null =>
  z.string().safeParse(notes['keptAt']).data ?? null;

const different = (what: string) =>
  fail(
    'PLAN_STALE',
    { remedy: 'Plan the merge again.', detail: what },
    `The clusters are not as they were when this was planned. ${what}`,
  );
