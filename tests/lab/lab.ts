import { existsSync, rmSync } from 'node:fs';
import { abandoned, folderOf, type LabRecord, readRecord } from '#tests/lab/folder';
import { openGateway } from '#tests/lab/gateways';
import { LabHost } from '#tests/lab/host';
import { identify, isRunning } from '#tests/lab/process';
import { type Configure, enrolHosts } from '#tests/lab/setup';
import { makeFolder, removeSpace, startSpace } from '#tests/lab/space';

export interface LabOptions {
  /** hosts by cluster: `{a: 3, b: 2}` gives a1, a2, a3, b1, b2 */
  clusters: Record<string, number>;
  /** unique on the machine; default: of this process, so that tests do not meet */
  name?: string;
  /** whether it stays after this process has ended, until `down` */
  stays?: boolean;
  /** size of each host's disk, as tmpfs understands it */
  diskSize?: string;
  /** whether ports of the machine's loopback lead to the hosts' APIs */
  reachable?: boolean;
  /** whether the hosts are enrolled, so that their agents start */
  agents?: boolean;
  /** last word on a host's configuration; null: this host is not enrolled */
  configure?: Configure;
}

/** What the machine lacks to run a lab, in a sentence; null where nothing. */
export function missing(): string | null {
  return process.getuid?.() === 0
    ? null
    : 'The lab makes namespaces and mounts, which needs root: try sudo npm run lab.';
}

/** A lab that runs. */
export class Lab {
  readonly #record: LabRecord;
  readonly hosts: readonly LabHost[];

  constructor(record: LabRecord) {
    this.#record = record;
    this.hosts = record.hosts.map((host) => new LabHost(record, host));
  }

  get name(): string {
    return this.#record.name;
  }
  get isUp(): boolean {
    return this.#record.space !== null && isRunning(this.#record.space);
  }

  /** @param name as `a1` */
  host(name: string): LabHost {
    const found = this.hosts.find((host) => host.name === name);
    if (found !== undefined) return found;
    const names = this.hosts.map((host) => host.name).join(', ');
    throw new Error(`There is no host ${name} in the lab; there are ${names}.`);
  }

  /** Ends every process of the lab, then removes what it left. */
  async down(): Promise<void> {
    await removeSpace(this.#record);
  }
  async [Symbol.asyncDispose](): Promise<void> {
    await this.down();
  }
}

/** Ends the lab of that name, also one whose start was cut short. @returns whether there was one */
export async function removeLab(name: string): Promise<boolean> {
  const lab = openLab(name);
  if (lab !== null) await lab.down();
  // a start that was killed at once has noted nothing
  else if (!existsSync(folderOf(name))) return false;
  rmSync(folderOf(name), { recursive: true, force: true });
  return true;
}

/** @returns null where no lab of that name was started, or it is down */
export function openLab(name: string): Lab | null {
  const record = readRecord(name);
  return record === null ? null : new Lab(record);
}

/**
 * Starts hosts with power and network, enrolled where wished; it does not wait for their agents.
 * @throws Error where a lab of that name is there already, or the machine cannot run one
 */
export async function startLab(options: LabOptions): Promise<Lab> {
  const lack = missing();
  if (lack !== null) throw new Error(lack);
  for (const name of abandoned()) rmSync(folderOf(name), { recursive: true, force: true });
  const { name = `test-${process.pid}`, stays = false, diskSize = '1g' } = options;
  const record: LabRecord = {
    name,
    owner: stays ? null : identify(process.pid),
    space: null,
    diskSize,
    hosts: Object.entries(options.clusters).flatMap(([cluster, count], clusterIndex) =>
      Array.from({ length: count }, (_, index) => ({
        name: `${cluster}${index + 1}`,
        cluster,
        address: `10.77.${clusterIndex + 1}.${index + 1}`,
        init: null,
        cut: false,
        apiPort: null,
      })),
    ),
  };
  makeFolder(record);
  const lab = new Lab(record);
  try {
    await startSpace(record);
    await Promise.all(lab.hosts.map((host) => host.poweron()));
    if (options.reachable === true) await openGateway(record);
    if (options.agents !== false) await enrolHosts(lab.hosts, options.configure);
    return lab;
  } catch (error) {
    await lab.down();
    throw error;
  }
}
