import type { Clock } from '../../../ports';
import { handRoute } from '../../hands/define';
import type { HandRoute } from '../../hands/types';
import { cancelCarried, findCarried, holdJob, packJob, unholdJob, unpackJob } from '../carry-hands';
import type { Asks } from './ask';
import { findCarriedJobs } from './carried';
import { cancel, hold, holdAsAdmin, unhold } from './holding';
import { pack } from './pack';
import { submit } from './submit';

export interface CarryDeps {
  commands: Asks;
  clock: Pick<Clock, 'now' | 'monotonic' | 'sleep'>;
  /** uuid of the cluster that this node belongs to */
  cluster(): string;
}

/** What this node does and tells while waiting jobs are carried from one SLURM to another. */
export function carryRoutes(deps: CarryDeps): HandRoute[] {
  const { commands, cluster } = deps;
  return [
    handRoute(holdJob, (input, call) => hold(deps, input, call)),
    handRoute(unholdJob, async ({ id }, call) => {
      await unhold(deps, id, call);
      return {};
    }),
    handRoute(packJob, (input, { signal }) => pack({ ...deps, cluster: cluster() }, input, signal)),
    handRoute(unpackJob, async ({ parcel, dependency }, call) => {
      const { id, found } = await submit(commands, parcel, dependency, call);
      // whoever held it wants that its user cannot release it here either
      if (parcel.heldByAdmin === true) await holdAsAdmin(deps, id, call);
      return { id, found };
    }),
    handRoute(findCarried, async ({ from }, { signal }) => ({
      jobs: await findCarriedJobs(commands, from, signal),
    })),
    handRoute(cancelCarried, async ({ id }, call) => {
      await cancel(deps, id, call);
      return {};
    }),
  ];
}
