import { readFile, rm } from 'node:fs/promises';
import { z } from 'zod';
import { fail } from '#shared/contract/errors';
import { codeOf } from '../host/error-code';
import { writeWhole } from '../host/files';

/** in the folder of the agent's state; it is there as long as a crossing is not over */
export const CROSSING_FILE = 'crossing.json';

const cluster = z.object({ uuid: z.uuid(), name: z.string() });

/** A node's way from one cluster into another one, as it stands on its disk. */
const crossingRecord = z.object({
  version: z.literal(1),
  operation: z.uuid(),
  from: cluster,
  to: cluster,
  /** `over`: into the gaining cluster; `back`: from what was kept */
  direction: z.enum(['over', 'back']),
  /**
   * `leaving`: what belongs to `from` is put aside · `entering`: what belongs to `to` is put in place ·
   * `arriving`: the agent looks for `to`
   */
  phase: z.enum(['leaving', 'entering', 'arriving']),
  /** folder of SLURM's jobs that goes aside with this node; null: none does */
  jobs: z.string().nullable(),
  /** why it turned round; '' where it did not */
  turned: z.string(),
});
export type CrossingRecord = z.infer<typeof crossingRecord>;

/** @returns null where none is under way. @throws Failure STORE_BROKEN */
export async function readCrossing(path: string): Promise<CrossingRecord | null> {
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    if (codeOf(error) === 'ENOENT') return null;
    throw error;
  });
  if (text === null) return null;
  const parsed = crossingRecord.safeParse(jsonOf(text));
  if (parsed.success) return parsed.data;
  throw fail(
    'STORE_BROKEN',
    {
      path,
      remedy: `Look into the folder "kept" beside it: put what one cluster has there back in place, then remove ${path}.`,
    },
    'This node was on its way into another cluster, and how far it came cannot be read.',
  );
}

/** On the disk when it returns. @throws Failure STORE_FULL | PERMISSION_DENIED */
export const writeCrossing = (path: string, record: CrossingRecord): Promise<void> =>
  writeWhole(path, `${JSON.stringify(record, null, 2)}\n`);

export const removeCrossing = (path: string): Promise<void> => rm(path, { force: true });

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
