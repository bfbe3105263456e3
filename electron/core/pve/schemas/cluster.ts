import { z } from 'zod';
import { flag, readOne, readRows, secondsToMs, text, textOrEmpty, whole } from './loose';

/** `GET /version`; 7.4 says `7.4-20`, newer ones `9.2.11`. */
export interface Version {
  version: string;
  /** major and minor as numbers: `[7, 4]` */
  release: [number, number];
}

export function readVersion(data: unknown): Version {
  const { version } = readOne(data, z.object({ version: z.string().max(50) }));
  const [, major = '0', minor = '0'] = /^(\d+)\.(\d+)/.exec(version) ?? [];
  return { version, release: [Number(major), Number(minor)] };
}

const memberRow = z
  .object({
    name: z.string().min(1),
    online: flag,
    local: flag,
    ip: text,
    level: textOrEmpty,
  })
  .readonly();
const clusterRow = z.object({ name: textOrEmpty, quorate: flag });

/** `GET /cluster/status`; a standalone node has no cluster row. */
export interface ClusterStatus {
  /** null on a standalone node */
  name: string | null;
  /** null on a standalone node, which has no quorum to lose */
  quorate: boolean | null;
  /** `ip` is null for members that are offline */
  members: z.output<typeof memberRow>[];
  dropped: number;
}

export function readClusterStatus(data: unknown): ClusterStatus {
  const typed = z.looseObject({ type: z.string() });
  const { rows, dropped } = readRows(data, typed);
  const cluster = rows.find((row) => row.type === 'cluster');
  const members = readRows(
    rows.filter((row) => row.type === 'node'),
    memberRow,
  );
  const { name, quorate } =
    cluster === undefined ? { name: null, quorate: null } : readOne(cluster, clusterRow);
  return { name, quorate, members: members.rows, dropped: dropped + members.dropped };
}

const fingerprintText = z
  .string()
  .regex(/^([0-9A-F]{2}:){31}[0-9A-F]{2}$/i)
  .transform((value) => value.toUpperCase())
  .nullish()
  .transform((value) => value ?? null);

const listedNode = z.object({
  node: z.string().min(1),
  status: z.enum(['online', 'offline', 'unknown']).catch('unknown'),
  /** SHA-256 of the node's certificate, as the cluster's file system knows it */
  ssl_fingerprint: fingerprintText,
});

/** `GET /nodes`: each member with the fingerprint that the others know it by. */
export function readNodes(data: unknown) {
  return readRows(data, listedNode);
}

const storageResource = z.object({
  type: z.literal('storage'),
  storage: z.string().min(1),
  node: z.string().min(1),
  plugintype: textOrEmpty,
  content: textOrEmpty.transform((value) => value.split(',').filter((part) => part !== '')),
  shared: flag,
});

/** `GET /cluster/resources?type=storage`: one row per storage and node. */
export function readStorageResources(data: unknown) {
  return readRows(data, storageResource);
}

const taskStatus = z.object({ status: z.enum(['running', 'stopped']), exitstatus: text });

/** `GET /nodes/{node}/tasks/{upid}/status`; `exitstatus` is `OK`, `WARNINGS: n` or the error. */
export function readTaskStatus(data: unknown): { running: boolean; exitStatus: string | null } {
  const { status, exitstatus } = readOne(data, taskStatus);
  return { running: status === 'running', exitStatus: exitstatus };
}

const listedTask = z.object({
  upid: z.string().startsWith('UPID:'),
  node: z.string(),
  type: z.string(),
  id: textOrEmpty,
  user: z.string(),
  tokenid: text,
  starttime: secondsToMs,
  endtime: secondsToMs,
  /** absent while it runs */
  status: text,
});

/** `GET /cluster/tasks` and `GET /nodes/{node}/tasks`; times in ms. */
export function readTasks(data: unknown) {
  return readRows(data, listedTask);
}

/** `GET /nodes/{node}/tasks/{upid}/log`: numbered lines. */
export function readTaskLog(data: unknown) {
  return readRows(data, z.object({ n: whole, t: textOrEmpty }));
}
