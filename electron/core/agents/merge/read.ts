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
import { badAnswer } from '../answer';

/** `GET /api/v1/merge/card`. @throws Failure BAD_RESPONSE, as the following */
export const readCard = ({ data, endpoint }: Answer): MergeCard => read(mergeCard, data, endpoint);

/** `POST /api/v1/merge/pact` */
export const readPact = ({ data, endpoint }: Answer): PactAnswer =>
  read(pactAnswer, data, endpoint);

const split = z.object({ sightings: z.array(z.unknown()).max(1_000) });

/** `GET /api/v1/split`; one that lies about its types is left out. */
export function readSightings({ data, endpoint }: Answer): Sighting[] {
  return read(split, data, endpoint).sightings.flatMap(
    (each) => sighting.safeParse(each).data ?? [],
  );
}

function read<Schema extends z.ZodType>(
  schema: Schema,
  data: unknown,
  endpoint: string,
): z.output<Schema> {
  const parsed = schema.safeParse(data);
  if (parsed.success) return parsed.data;
  const at = parsed.error.issues[0]?.path.join('.') ?? '';
  throw badAnswer(`An unexpected value at ${at}.`, endpoint);
}
