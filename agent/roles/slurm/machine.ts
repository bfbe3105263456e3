import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** Where things stand on a node; tests have theirs. */
export interface SlurmFolders {
  /** slurm.conf and its companions */
  slurm: string;
  /** munge.key */
  munge: string;
  /** what munged needs to exist: its socket's, seed's and log's folders */
  mungeRun: string;
  mungeSeed: string;
  mungeLog: string;
  /** of steps that run here */
  slurmdSpool: string;
}

export const SYSTEM_FOLDERS: SlurmFolders = {
  slurm: '/etc/slurm',
  munge: '/etc/munge',
  mungeRun: '/run/munge',
  mungeSeed: '/var/lib/munge',
  mungeLog: '/var/log/munge',
  slurmdSpool: '/var/spool/slurmd',
};

export interface Account {
  name: string;
  uid: number;
  gid: number;
}

/** What SLURM wants to know of this machine. */
export interface SlurmMachine {
  hostName(): string;
  /** null where this machine has no such user */
  account(name: string): Promise<Account | null>;
  /** whether jobs can be held in cgroups: systemd runs this machine and they are mounted */
  hasCgroups(): boolean;
  /** as `/dev/nvidia0` */
  gpuDevices(): Promise<string[]>;
}

/** @param hostName as the kernel has it */
export function systemMachine(hostName: () => string): SlurmMachine {
  return {
    hostName: () => hostName().split('.')[0] ?? '',
    account: async (name) => accountIn(await readFile('/etc/passwd', 'utf8'), name),
    hasCgroups: () =>
      existsSync('/run/systemd/system') &&
      (existsSync('/sys/fs/cgroup/cgroup.controllers') || existsSync('/sys/fs/cgroup/freezer')),
    gpuDevices: async () =>
      (await readdir('/dev'))
        .filter((name) => /^nvidia\d+$/.test(name))
        .toSorted((a, b) => a.localeCompare(b, 'en', { numeric: true }))
        .map((name) => join('/dev', name)),
  };
}

/** @param passwd text of /etc/passwd */
function accountIn(passwd: string, name: string): Account | null {
  const line = passwd.split('\n').find((text) => text.startsWith(`${name}:`));
  const [, , uid, gid] = line?.split(':') ?? [];
  return line === undefined ? null : { name, uid: Number(uid), gid: Number(gid) };
}
