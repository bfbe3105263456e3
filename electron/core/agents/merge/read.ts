import { z } from 'zod';
import {
  type MergeCard,
  mergeCard,
  type PactAnswer,
  pactAnswer,
  type Sighting,
  sighting,
} from '#shared/contract/agent/merge';
import type { Answer } from '../../net/carrier';
import { readAs } from '../answer';

/** `GET /api/v1/merge/card`. @throws Failure BAD_RESPONSE, as the following */
export const readCard = ({ data, endpoint }: Answer): MergeCard =>
  readAs(mergeCard, data, endpoint);

/** `POST /api/v1/merge/pact` */
export const readPact = ({ data, endpoint }: Answer): PactAnswer =>
  readAs(pactAnswer, data, endpoint);

const split = z.object({ sightings: z.array(z.unknown()).max(1_000) });

/** `GET /api/v1/split`; one that lies about its types is left out. */
export function readSightings({ data, endpoint }: Answer): Sighting[] {
  return readAs(split, data, endpoint).sightings.flatMap(
    (each) => sighting.safeParse(each).data ?? [],
  );
}
