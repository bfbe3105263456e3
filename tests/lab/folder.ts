import { existsSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { ProcessId } from '#tests/lab/process';
import { isRunning } from '#tests/lab/process';

/** Where running labs are noted; gone with the machine's next start, as the labs are. */
export const LABS = '/run/clusterdeck-lab';

export interface HostRecord {
  name: string;
  cluster: string;
  address: string;
  /** its first process; null while it is switched off */
  init: ProcessId | null;
  cut: boolean;
  /** port on the machine's loopback that leads to its API; null where none was asked for */
  apiPort: number | null;
}

export interface LabRecord {
  name: string;
  /** the process that a lab of a test belongs to and ends with; null: it stays until `down` */
  owner: ProcessId | null;
  /** the first process of its namespaces; everything else lives within */
  space: ProcessId | null;
  /** of each host, as tmpfs understands it */
  diskSize: string;
  hosts: HostRecord[];
}

export const folderOf = (name: string): string => join(LABS, name);
const recordOf = (name: string): string => join(folderOf(name), 'lab.json');

/** @returns null where there is no lab of that name */
export function readRecord(name: string): LabRecord | null {
  try {
    return JSON.parse(readFileSync(recordOf(name), 'utf8')) as LabRecord;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null;
    throw error;
  }
}

export function writeRecord(record: LabRecord): void {
  const path = recordOf(record.name);
  writeFileSync(`${path}.new`, `${JSON.stringify(record, null, 2)}\n`, { mode: 0o600 });
  renameSync(`${path}.new`, path);
}

/** Labs of tests whose process has gone: only their folders are left. */
export function abandoned(): string[] {
  if (!existsSync(LABS)) return [];
  return readdirSync(LABS).filter((name) => {
    const owner = readRecord(name)?.owner;
    return owner !== undefined && owner !== null && !isRunning(owner);
  });
}

/** The project's folder, also when this file was bundled for a bench. */
export function projectFolder(): string {
  let folder = import.meta.dirname;
  while (!existsSync(join(folder, 'package.json'))) folder = dirname(folder);
  return folder;
}
