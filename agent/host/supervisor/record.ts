import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { codeOf } from '../error-code';
import { writeWhole } from '../files';

const spec = z.object({
  name: z.string(),
  argv: z.tuple([z.string()], z.string()),
  user: z.string().optional(),
  env: z.record(z.string(), z.string()).optional(),
  cwd: z.string().optional(),
  stopMs: z.number(),
  mainProcessOnly: z.boolean(),
  needs: z.object({ path: z.string(), text: z.string() }).optional(),
});

/** What outlives the agent of one daemon. */
const daemonRecord = z.object({
  version: z.literal(1),
  spec,
  /** what was asked for last; it counts, whatever runs */
  desired: z.enum(['running', 'stopped']),
  process: z
    .object({ pid: z.number(), startTicks: z.number(), bootId: z.string(), since: z.number() })
    .nullable(),
  /** how it ended, in a sentence; '' where it did not */
  ended: z.string(),
});
export type DaemonRecord = z.infer<typeof daemonRecord>;

/** @returns null where there is none; one that was damaged counts as none */
export async function readRecord(path: string): Promise<DaemonRecord | null> {
  try {
    return daemonRecord.parse(JSON.parse(await readFile(path, 'utf8')));
  } catch (error) {
    if (codeOf(error) === 'ENOENT' || error instanceof z.ZodError || error instanceof SyntaxError) {
      return null;
    }
    throw error;
  }
}

export const writeRecord = (path: string, record: DaemonRecord) =>
  writeWhole(path, JSON.stringify(record, null, 2));
