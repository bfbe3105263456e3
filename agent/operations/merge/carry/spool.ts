import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fail } from '#shared/contract/errors';
import { codeOf } from '../../../host/error-code';
import { type Asks, ask } from './ask';

/** What slurmctld stores of a job that waits. It is the user's own, environment included. */
export interface Spooled {
  script: string;
  /** `NAME=value` */
  environment: string[];
}

/** Where the controller keeps its jobs, as SLURM itself tells. */
export async function stateFolder(commands: Asks, signal?: AbortSignal): Promise<string> {
  const text = await ask(commands, ['scontrol', 'show', 'config'], signal);
  const [, folder] = /^StateSaveLocation\s*=\s*(.+?)\s*$/m.exec(text) ?? [];
  if (folder !== undefined) return folder;
  const remedy = 'Run: scontrol show config';
  throw fail('BAD_RESPONSE', { remedy }, 'SLURM does not tell where it keeps its jobs.');
}

/**
 * @param id of the job, or of its array
 * @returns null where this node does not have it
 * @throws Failure INVALID_INPUT where it is no text, PERMISSION_DENIED
 */
export async function readSpooled(folder: string, id: string): Promise<Spooled | null> {
  const place = join(folder, `hash.${Number(id) % 10}`, `job.${id}`);
  try {
    const [script, environment] = await Promise.all([
      readFile(join(place, 'script')),
      readFile(join(place, 'environment')),
    ]);
    return {
      script: textOf(script).replace(/\0$/, ''),
      environment: stringsIn(environment),
    };
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return null;
    throw error;
  }
}

/** A count in the machine's own order, then as many texts, each ended by a zero. */
function stringsIn(stored: Buffer): string[] {
  if (stored.length === 0) return [];
  const count = stored.readUInt32LE(0);
  const strings = textOf(stored.subarray(4)).split('\0');
  strings.pop();
  if (strings.length !== count) throw unreadable();
  return strings;
}

function textOf(stored: Buffer): string {
  const text = stored.toString('utf8');
  if (Buffer.from(text).equals(stored)) return text;
  throw unreadable();
}

const unreadable = () =>
  fail(
    'INVALID_INPUT',
    { remedy: 'Submit this job by hand in the other cluster, or cancel it.' },
    'Its script or environment is no text that can be carried over.',
  );
