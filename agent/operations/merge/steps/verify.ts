import type { StepContext } from '../../engine/types';
import { slurmAsk, slurmEnded, slurmMunge } from '../../handoff/slurm/hands';
import type { PlannedStep } from '../../types';
import { findCarried } from '../carry-hands';
import { drainCluster, lockCluster, lookAtDrain, undrainCluster, unlockCluster } from '../hands';
import type { CrossingNode } from '../types';
import { CarriedJobs } from './carried';
import { forEach, type MergeGround, MINUTE, named, SECOND } from './ground';
import { drainedBefore } from './services';
import { isWorker } from './work';

const PHASE = 'Verification';
const AT_ONCE = 8;

/** Nodes that were left out stay in the losing cluster, and with them its anchor. */
export function stayingIn(
  { params }: MergeGround,
  { skipped }: Pick<StepContext, 'skipped'>,
): CrossingNode[] {
  return params.nodes.filter(({ name }) => skipped.includes(`cross-${name}`));
}

/** Every node in one cluster, every job in one place, one controller for all. */
export function verifyStep(ground: MergeGround): PlannedStep {
  const { gaining, losing, nodes } = ground.params;
  const lacks = async (context: StepContext): Promise<string | null> => {
    const staying = stayingIn(ground, context);
    const misplaced: string[] = [];
    await forEach(nodes, AT_ONCE, async (node) => {
      const wanted = staying.includes(node) ? 'losing' : 'gaining';
      if ((await ground.placeOf(context, node)) !== wanted) misplaced.push(node.name);
    });
    if (misplaced.length > 0) return `${misplaced.join(', ')} to be where it belongs`;
    const moved = nodes.filter((node) => !staying.includes(node));
    return (await controllerLacks(ground, context, moved)) ?? jobsLack(ground, context, staying);
  };
  return {
    id: 'verify',
    title: `${PHASE}: prove that nothing is lost and nothing is twice`,
    detail: `Every node is in one cluster, one controller of ${gaining.name} answers for all workers, each job from ${losing.name} is in one place, and munge decodes across.`,
    class: 'idempotent',
    halts: true,
    expectedMs: 2 * SECOND,
    deadlineMs: 2 * MINUTE,
    probe: async () => 'absent',
    do: async () => undefined,
    verify: lacks,
  };
}

/** Both clusters, or the one that is left, are free again. */
export function releaseStep(ground: MergeGround): PlannedStep {
  const { gaining, losing, nodes } = ground.params;
  const own = ground.deps.membership.self.id;
  return {
    id: 'release',
    title: `${PHASE}: let go of ${gaining.name}`,
    detail:
      'Other operations may begin and nodes may join again. What was kept stays until you keep the merge for good, or for 24 hours.',
    class: 'idempotent',
    gradual: true,
    halts: true,
    expectedMs: 500,
    deadlineMs: MINUTE,
    probe: async () => 'absent',
    async do(context) {
      const { operation } = context;
      if (stayingIn(ground, context).length > 0) {
        const before = drainedBefore(context);
        if (before !== null) await ground.there(context, undrainCluster, { before });
        await ground.there(context, unlockCluster, { operation });
        context.log(`${losing.name} stays a cluster of its own, and takes jobs again`);
      }
      await ground.here(context, own, unlockCluster, { operation });
    },
    verify: async () => null,
    async undo(context) {
      const { operation } = context;
      const input = { by: gaining, operation, allows: nodes.map(({ id }) => id) };
      await ground.here(context, own, lockCluster, input);
      if (stayingIn(ground, context).length === 0) return;
      await ground.there(context, lockCluster, input);
      if (drainedBefore(context) !== null) await ground.there(context, drainCluster, { operation });
    },
  };
}

/** One controller for all workers, and munge decodes there and back. */
async function controllerLacks(
  ground: MergeGround,
  context: StepContext,
  moved: readonly CrossingNode[],
): Promise<string | null> {
  const config = await ground.slurm();
  const [primary] = config?.controllers ?? [];
  if (primary === undefined) return null;
  const { controllers } = await ground.here(context, primary, slurmAsk, {});
  const first = controllers.find(({ up }) => up)?.name;
  if (first === undefined) return `the controller of ${ground.params.gaining.name} to answer`;
  const lacking: string[] = [];
  await forEach(moved, AT_ONCE, async (node) => {
    if (!isWorker(ground, node)) return;
    const seen = await ground.here(context, node.id, slurmAsk, {});
    const known = seen.controllers.find(({ up }) => up)?.name;
    if (known !== first) lacking.push(`${node.name} to see ${first} in control`);
    const there = await ground.here(context, node.id, slurmMunge, { at: primary });
    const back = await ground.here(context, primary, slurmMunge, { at: node.id });
    if (!there.ok || !back.ok) lacking.push(`munge of ${node.name}: ${there.why || back.why}`);
  });
  return lacking[0] ?? null;
}

/** What was carried is in the gaining cluster, at most once, and not in the losing one. */
async function jobsLack(
  ground: MergeGround,
  context: StepContext,
  staying: readonly CrossingNode[],
): Promise<string | null> {
  const records = await new CarriedJobs(ground.deps.state, context).list();
  if (records.length === 0) return null;
  const open = records.filter(({ isReleased }) => !isReleased);
  if (open.length > 0)
    return named(
      'job',
      open.map(({ id }) => id),
    );
  const { losing } = ground.params;
  const node = await ground.gainingNode();
  const { jobs } = await ground.here(context, node, findCarried, { from: losing.uuid });
  const keys = jobs.map(({ key }) => key);
  const twice = keys.filter((key, at) => keys.indexOf(key) !== at);
  if (twice.length > 0) return `${named('job', twice)} to be there once`;
  if (staying.length > 0) {
    const { pending, running } = await ground.there(context, lookAtDrain, {});
    const still = new Set([...pending, ...running].map(({ id }) => id));
    const both = records.filter(({ id }) => still.has(id)).map(({ id }) => id);
    if (both.length > 0) return `${named('job', both)} to be in one cluster`;
  }
  const listed = new Set(jobs.map(({ id }) => id));
  const gone = records.flatMap(({ to }) => (to === null || listed.has(to) ? [] : [to]));
  const { ended } = await ground.here(context, node, slurmEnded, { ids: gone });
  // SLURM itself forgets after a while what has ended: nobody is kept waiting for that
  if (ended.length < gone.length) {
    const silent = gone.filter((id) => !ended.includes(id));
    context.log(`${named('job', silent)}: over for so long that SLURM tells no more of it`);
  }
  context.keep('jobsKnown', records.length);
  context.keep('jobsFound', records.length - gone.length + ended.length);
  return null;
}
