import type { Commands } from '../../../ports';
import type { SlurmHanding } from '../../../roles/slurm/handing';
import type { Listens } from '../../../roles/slurm/port';
import type { Hands } from '../../hands/types';
import type { OperationParts } from '../../types';
import { type SlurmHandoffDeps, slurmHandoff } from './handoff';
import { slurmHandRoutes } from './routes';

interface Deps extends Omit<SlurmHandoffDeps, 'hands'> {
  handing: SlurmHanding;
  commands: Commands;
  listens: Listens;
}

/** What SLURM on this node brings for operations. */
export const slurmParts =
  (deps: Deps) =>
  (hands: Hands): OperationParts => ({
    hands: slurmHandRoutes(deps),
    handoffs: [slurmHandoff({ ...deps, hands })],
    kinds: [],
  });
