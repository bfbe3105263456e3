import { readFile } from 'node:fs/promises';
import { fail } from '#shared/contract/errors';
import { codeOf } from '../host/error-code';
import { writeWhole } from '../host/files';
import { type MembershipFile, membershipFile } from './records';

/**
 * What this node remembers of its cluster. A file that cannot be read is never taken for a missing
 * one: a node that forgot its cluster might found a second one.
 * @throws Failure STORE_BROKEN
 */
export async function readMembershipFile(path: string): Promise<MembershipFile | null> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return null;
    throw broken(path, codeOf(error));
  }
  const parsed = membershipFile.safeParse(jsonOf(text));
  if (!parsed.success) throw broken(path, 'not a membership file');
  return parsed.data;
}

/** @throws Failure STORE_FULL | PERMISSION_DENIED */
export async function writeMembershipFile(path: string, file: MembershipFile): Promise<void> {
  await writeWhole(path, `${JSON.stringify(file, null, 2)}\n`);
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

const broken = (path: string, detail: string) =>
  fail(
    'STORE_BROKEN',
    {
      path,
      detail,
      remedy: `Restore ${path} from a backup; or move it away, and let this node join again as a new one would.`,
    },
    'This node cannot read which cluster it belongs to.',
  );
