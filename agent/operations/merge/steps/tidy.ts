import type { AgentOperation } from '#shared/contract/agent/operations';
import type { TidyContext } from '../../engine/types';
import { dropKept } from '../hands';
import { CarriedJobs } from './carried';
import { keptAt } from './coordination';
import { forEach, type MergeGround } from './ground';

const AT_ONCE = 4;
const DROP_MS = 60_000;

/**
 * Once nothing is rolled back any more: what every node kept is deleted, keys first, and what was
 * remembered of jobs.
 * @throws Failure of the first node that does not answer: it is tried again
 */
export async function tidyUp(
  ground: MergeGround,
  operation: AgentOperation,
  context: TidyContext,
): Promise<void> {
  const { nodes } = ground.params;
  const { id, state, steps, notes } = operation;
  const stays = (name: string) =>
    state === 'undone' ||
    steps.some((step) => step.id === `cross-${name}` && step.state === 'skipped');
  const wasKept = steps.some((step) => step.id === 'keep' && step.state !== 'pending');
  if (wasKept) {
    await forEach(nodes, AT_ONCE, async (node) => {
      const input = { operation: id };
      if (stays(node.name)) await ground.there(context, dropKept, input, node, DROP_MS);
      // one that has left the cluster since has nothing that could be asked for
      else if (ground.isMember(node.id)) {
        await ground.here(context, node.id, dropKept, input, DROP_MS);
      }
    });
    const keeper = keptAt({ notes });
    if (keeper !== null && ground.canAsk(keeper)) {
      await ground.here(context, keeper, dropKept, { operation: id }, DROP_MS);
    }
  }
  await new CarriedJobs(ground.deps.state, context).clear();
}
