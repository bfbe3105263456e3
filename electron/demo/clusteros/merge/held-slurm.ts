import { drainReason } from '#agent/operations/leave/returning-record';
import type { HeldSlurm } from '#agent/operations/merge/node/let-go';
import type { CommonGround } from '../ground';

/** The simulated SLURM as it was before a merge held it. */
export function simulatedHeldSlurm({
  world,
  look,
}: Pick<CommonGround, 'world' | 'look'>): HeldSlurm {
  return {
    async free(operation) {
      const done = world.isClosed ? ['The partitions are open again.'] : [];
      world.close(false);
      for (const { spec, drainReason: why } of world.nodes) {
        if (why !== drainReason(operation)) continue;
        world.actOnNode(spec.name, 'resume', '');
        done.push(`${spec.name} takes jobs again.`);
      }
      for (const job of world.jobs()) {
        if (job.endedAt !== null || job.heldFor?.operation !== operation) continue;
        world.hold(job, { held: job.heldFor.wasHeld, heldFor: null });
        done.push(`Job ${job.id} waits as it did before.`);
      }
      look();
      return { done, left: [] };
    },
  };
}
