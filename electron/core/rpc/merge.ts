import type { Merges } from '../agents/merge/service';
import type { Sightings } from '../agents/merge/sightings';
import type { SameClusters } from '../clusters/same';
import { os } from './base';

interface MergeServices {
  merges: Merges;
  sightings: Pick<Sightings, 'heard'>;
  sameClusters: SameClusters;
}

export function createMergeRouter({ merges, sightings, sameClusters }: MergeServices) {
  const area = os.merge;
  return {
    look: area.look.handler(({ input }) => merges.look(input.clusters)),
    permit: area.permit.handler(({ input }) => merges.permit(input.clusters)),
    forbid: area.forbid.handler(({ input }) => merges.forbid(input.clusters)),
    start: area.start.handler(({ input }) => merges.start(input)),
    sightings: area.sightings.handler(({ input }) => sightings.heard(input)),
    duplicates: area.duplicates.handler(({ input }) => sameClusters.of(input.uuid)),
    consolidate: area.consolidate.handler(({ input }) => sameClusters.consolidate(input)),
  };
}
