import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { type Document, isMap, LineCounter, parseDocument, stringify } from 'yaml';
import { enrolmentFile } from '#shared/contract/agent/enrolment';
import { fail } from '#shared/contract/errors';
import { codeOf } from '../host/error-code';
import { isOpenToOthers } from '../host/files';
import { ClusterKeys } from './cluster-keys';
import type { Enrolment } from './types';

const MAX_BYTES = 64 * 1024;

export interface NewCluster {
  name: string;
  region?: string;
  datacenter?: string;
  founder?: string;
  seeds?: string[];
}

/**
 * A new cluster's enrolment file with a new key. Whoever has it can join: keep it as a password.
 * @throws Failure INVALID_INPUT
 */
export function newEnrolmentText(wish: NewCluster, nowMs: number): string {
  const file = {
    cluster: {
      uuid: randomUUID(),
      name: wish.name,
      region: wish.region ?? '',
      datacenter: wish.datacenter ?? '',
      created_at: new Date(nowMs).toISOString(),
      key: ClusterKeys.generate(),
    },
    seeds: wish.seeds ?? [],
    ...(wish.founder !== undefined && { founder: wish.founder }),
  };
  const text = `# Whoever has this file can join the cluster: mode 0600, and never in a repository.\n${stringify(file)}`;
  parseEnrolment(text, 'the new enrolment file');
  return text;
}

/**
 * @throws Failure NOT_FOUND, PERMISSION_DENIED where others may read it, INVALID_INPUT with the
 *   fields that are wrong
 */
export async function readEnrolment(path: string): Promise<Enrolment> {
  return parseEnrolment(await readEnrolmentText(path), path);
}

/** The same, unparsed, for installing it. */
export async function readEnrolmentText(path: string): Promise<string> {
  try {
    if (await isOpenToOthers(path)) {
      const remedy = `Run chmod 600 ${path}; if others may have read it, make a new cluster key.`;
      throw fail('PERMISSION_DENIED', { remedy, path }, `Others may read ${path}.`);
    }
    const text = await readFile(path, 'utf8');
    if (text.length > MAX_BYTES) throw fail('FILE_UNKNOWN', { remedy: 'It is too large.', path });
    return text;
  } catch (error) {
    const code = codeOf(error);
    if (code === 'ENOENT') {
      const remedy = `Copy the cluster's enrolment file here and run "node-agent enrol --file FILE".`;
      throw fail('NOT_FOUND', { remedy, path }, `There is no enrolment file at ${path}.`);
    }
    if (code === 'EACCES') {
      const remedy = 'Run it as root, or as the owner of the file.';
      throw fail('PERMISSION_DENIED', { remedy, path }, `${path} cannot be read.`);
    }
    throw error;
  }
}

/**
 * The same file for a node that comes to a cluster which is there already: it may not found it.
 * @param seeds `host:port` of gossip, asked before those of the file
 * @throws Failure INVALID_INPUT
 */
export function newcomerText(text: string, seeds: readonly string[], path: string): string {
  const known = parseEnrolment(text, path);
  const { founder: _founder, ...file } = enrolmentFile.parse(parseDocument(text).toJS());
  return stringify({ ...file, seeds: [...new Set([...seeds, ...known.seeds])] });
}

/** @param path for messages. @throws Failure INVALID_INPUT; it never repeats the key */
export function parseEnrolment(text: string, path: string): Enrolment {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, uniqueKeys: true });
  const [mistake] = document.errors;
  if (mistake !== undefined) {
    const { line, col } = lines.linePos(mistake.pos[0]);
    // the parser's words quote the line, which may hold the key
    throw refused(path, { [`${path}:${line}:${col}`]: 'This is not YAML.' });
  }
  if (!isMap(document.contents)) throw refused(path, { [path]: 'It has no section "cluster".' });
  const parsed = enrolmentFile.safeParse(plain(document, path));
  if (!parsed.success) {
    throw refused(
      path,
      Object.fromEntries(parsed.error.issues.map((issue) => [issue.path.join('.'), issue.message])),
    );
  }
  const { cluster, seeds, founder } = parsed.data;
  const { uuid, name, region, datacenter, created_at: created } = cluster;
  const createdAt = typeof created === 'number' ? created : Math.floor(Date.parse(created) / 1000);
  return {
    cluster: { uuid, name, region, datacenter, createdAt },
    keys: ClusterKeys.parse(cluster.key, uuid),
    seeds,
    founder: founder ?? null,
  };
}

function plain(document: Document, path: string): unknown {
  try {
    return document.toJS({ maxAliasCount: 0 });
  } catch {
    throw refused(path, { [path]: 'It has anchors or aliases, which are not used here.' });
  }
}

const refused = (path: string, fields: Record<string, string>) =>
  fail(
    'INVALID_INPUT',
    { remedy: 'Take an unchanged copy of the enrolment file.', path, fields },
    'The enrolment file has a mistake.',
  );
