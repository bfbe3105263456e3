import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import { appInfo } from '#shared/contract/app';

/** What the holder of a data folder tells other programs of the same user about itself. */
const hostRecord = z.object({
  pid: z.number().int().positive(),
  host: appInfo.shape.host,
  demo: z.boolean(),
  /** where it listens, or null for a command that serves nobody and ends soon */
  local: z
    .object({
      /** path of a Unix socket or name of a Windows pipe */
      address: z.string().min(1),
      /** what a visitor shows; only who may read this folder knows it */
      key: z.string().min(32),
    })
    .nullable(),
});
export type HostRecord = z.infer<typeof hostRecord>;

const pathOf = (dataDir: string) => join(dataDir, 'host.json');

/** @returns null when there is none, or what stands there is not a record */
export function readHostRecord(dataDir: string): HostRecord | null {
  try {
    const parsed = hostRecord.safeParse(JSON.parse(readFileSync(pathOf(dataDir), 'utf8')));
    return parsed.success ? parsed.data : null;
  } catch {
    return null;
  }
}

/** Replaces the record in one step, so that a reader never sees half of it. */
export function writeHostRecord(dataDir: string, record: HostRecord): void {
  const half = `${pathOf(dataDir)}.${record.pid}`;
  writeFileSync(half, JSON.stringify(record), { mode: 0o600 });
  renameSync(half, pathOf(dataDir));
}

/** Removes the record, and the socket's own folder which a killed host may have left behind. */
export function removeHostRecord(dataDir: string): void {
  const address = readHostRecord(dataDir)?.local?.address;
  if (address !== undefined && isOwnSocketFolder(address)) {
    rmSync(dirname(address), { recursive: true, force: true });
  }
  rmSync(pathOf(dataDir), { force: true });
}

export const SOCKET_FOLDER = 'clusterdeck-';
const isOwnSocketFolder = (address: string) =>
  new RegExp(`[\\\\/]${SOCKET_FOLDER}[A-Za-z0-9]+[\\\\/]s$`).test(address);
