import { randomBytes, randomUUID } from 'node:crypto';
import { parseDocument, stringify } from 'yaml';
import { type EnrolmentFile, enrolmentFile } from '#shared/contract/agent/enrolment';
import { fail } from '#shared/contract/errors';

const KEY_BYTES = 32;
/** A random key of 32 bytes has nearly always more than 20 different ones. */
const LEAST_DISTINCT = 12;

/** What names a cluster in its enrolment file. */
export interface ClusterNames {
  uuid: string;
  name: string;
  region: string;
  datacenter: string;
  /** ms since 1970 */
  createdAt: number;
}

/** A cluster that does not exist yet, with a new key. */
export function newCluster(
  names: Pick<ClusterNames, 'name' | 'region' | 'datacenter'>,
  founder: string,
  now: number,
): EnrolmentFile {
  const key = randomBytes(KEY_BYTES).toString('base64');
  const cluster = { ...names, uuid: randomUUID(), created_at: inSeconds(now), key };
  return { cluster, founder };
}

/** A cluster that exists. @throws Failure INVALID_INPUT, which never repeats the key */
export function knownCluster({ createdAt, ...names }: ClusterNames, key: string): EnrolmentFile {
  const typed = key.trim();
  checkKey(typed, 'key');
  return { cluster: { ...names, created_at: inSeconds(createdAt), key: typed } };
}

/**
 * The text of an enrolment file as one of the nodes has it.
 * @throws Failure INVALID_INPUT, which never repeats what was pasted
 */
export function pastedCluster(text: string): EnrolmentFile {
  const document = parseDocument(text, { uniqueKeys: true });
  if (document.errors.length > 0) throw refused('This is not YAML.');
  let plain: unknown;
  try {
    plain = document.toJS({ maxAliasCount: 0 });
  } catch {
    throw refused('It has aliases, which are not used here.');
  }
  const parsed = enrolmentFile.safeParse(plain);
  if (!parsed.success) {
    const at = parsed.error.issues[0]?.path.join('.') ?? '';
    throw refused(at === '' ? 'It has no section "cluster".' : `${at} has no proper value.`);
  }
  checkKey(parsed.data.cluster.key, 'text');
  return parsed.data;
}

/** The file for new nodes: whoever has it can join. */
export function enrolmentText(file: EnrolmentFile, seeds: readonly string[]): string {
  const all = [...new Set([...seeds, ...(file.seeds ?? [])])];
  const head =
    '# Whoever has this file can join the cluster: mode 0600, and never in a repository.\n';
  const { cluster, founder } = file;
  return head + stringify({ cluster, seeds: all, ...(founder !== undefined && { founder }) });
}

/** The agents refuse weak keys as well; here it is told before anything is written. */
function checkKey(base64: string, field: 'key' | 'text'): void {
  const key = Buffer.from(base64, 'base64');
  if (key.length !== KEY_BYTES || key.toString('base64') !== base64) {
    throw refused('The cluster key is not 32 bytes in base64.', field);
  }
  const isText = key.every((byte) => byte >= 0x20 && byte < 0x7f);
  if (isText || new Set(key).size < LEAST_DISTINCT) {
    throw refused('The cluster key is not random. Make a new one.', field);
  }
}

function refused(message: string, field: 'key' | 'text' = 'text') {
  const remedy = 'Take it from /etc/clusterdeck/enrolment.yaml of a node of this cluster.';
  const fields = { [`cluster.${field}`]: message };
  return fail('INVALID_INPUT', { remedy, field: `cluster.${field}`, fields }, message);
}

const inSeconds = (ms: number) => Math.max(1, Math.floor(ms / 1000));
