import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { codeOf } from '../../../host/error-code';

const MAX_ARGUMENTS = 2001;
/** A save that was begun before the job came may end after it. */
const SAVING_MS = 2_000;

/**
 * The arguments of a job's script. SLURM shows them with spaces between, so that `a b` may be one or
 * two; only its saved state has them apart. There an array of texts is a count, then for each its
 * length with the zero at its end, and the text.
 * @param command as SLURM shows it, the script first
 * @param submittedMs unix ms
 * @returns null where they cannot be told apart; `unsaved` where that may change, for the state is
 * saved some seconds after a change
 */
export async function argumentsOf(
  command: string,
  folder: string,
  submittedMs: number,
): Promise<string[] | 'unsaved' | null> {
  if (!command.includes(' ')) return [];
  const path = join(folder, 'job_state');
  try {
    const { mtimeMs } = await stat(path);
    if (mtimeMs < submittedMs + SAVING_MS) return 'unsaved';
    const found = splitsIn(await readFile(path), command);
    const [first] = found.values();
    return found.size === 1 && first !== undefined ? first.slice(1) : null;
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return 'unsaved';
    throw error;
  }
}

/** All ways in which this line stands apart in the saved state. */
function splitsIn(saved: Buffer, line: string): Map<string, string[]> {
  const ways = new Map<string, string[]>();
  const words = line.split(' ');
  // the first text ends at one of the spaces
  for (let count = 1; count <= words.length; count += 1) {
    const first = Buffer.from(`${words.slice(0, count).join(' ')}\0`);
    for (let at = saved.indexOf(first); at !== -1; at = saved.indexOf(first, at + 1)) {
      const texts = textsAt(saved, at - 8);
      if (texts?.join(' ') === line) ways.set(JSON.stringify(texts), texts);
    }
  }
  return ways;
}

function textsAt(saved: Buffer, start: number): string[] | null {
  if (start < 0) return null;
  const count = saved.readUInt32BE(start);
  if (count === 0 || count > MAX_ARGUMENTS) return null;
  const texts: string[] = [];
  let at = start + 4;
  for (let index = 0; index < count; index += 1) {
    if (at + 4 > saved.length) return null;
    const length = saved.readUInt32BE(at);
    const end = at + 4 + length;
    if (length === 0 || end > saved.length || saved[end - 1] !== 0) return null;
    texts.push(saved.toString('utf8', at + 4, end - 1));
    at = end;
  }
  return texts;
}
