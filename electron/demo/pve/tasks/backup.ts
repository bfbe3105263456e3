import { TaskFailure } from '../errors';
import type { PveCluster } from '../model/cluster';
import type { Guest } from '../model/types';
import type { LogStep, TaskPlan } from './task-book';

const GIB = 1024 ** 3;
const LINES = 16;

/** A backup run over some guests of a node, as the nightly job does it. */
export function backupPlan(
  cluster: PveCluster,
  node: string,
  guests: readonly Guest[],
  options: { storage: string; pace: number; failure?: string },
): TaskPlan {
  const single = guests.length === 1 ? String(guests[0]?.vmid) : '';
  const seconds = guests.reduce((sum, guest) => sum + 6 + (guest.diskBytes / GIB) * 0.25, 0);
  return {
    type: 'vzdump',
    id: single,
    node,
    user: 'root@pam',
    durationMs: seconds * 1000 * options.pace,
    steps: backupLog(guests, options.storage, options.failure),
    finish: () => {
      for (const guest of guests) unlock(cluster, guest);
      if (options.failure !== undefined) throw new TaskFailure('job errors');
    },
    abandon: () => {
      for (const guest of guests) unlock(cluster, guest);
    },
  };
}

function unlock(cluster: PveCluster, guest: Guest): void {
  if (guest.lock !== 'backup') return;
  delete guest.lock;
  cluster.touch();
}

function backupLog(
  guests: readonly Guest[],
  storage: string,
  failure: string | undefined,
): LogStep[] {
  const ids = guests.map((guest) => guest.vmid).join(' ');
  const lines = [
    `INFO: starting new backup job: vzdump ${ids} --mode snapshot --compress zstd --storage ${storage}`,
  ];
  guests.forEach((guest, index) => {
    const kind = guest.kind === 'qemu' ? 'VM' : 'CT';
    const last = index === guests.length - 1;
    lines.push(
      `INFO: Starting Backup of VM ${guest.vmid} (${guest.kind})`,
      `INFO: status = ${guest.status}`,
      `INFO: ${kind} Name: ${guest.name}`,
      'INFO: backup mode: snapshot',
      'INFO: ionice priority: 7',
    );
    for (let step = 1; step <= LINES; step += 1) {
      const done = (guest.diskBytes / GIB) * (step / LINES);
      lines.push(
        `INFO: ${String(Math.round((step / LINES) * 100)).padStart(3)}% (${done.toFixed(1)} GiB of ${(guest.diskBytes / GIB).toFixed(1)} GiB), read: 268.4 MiB/s, write: 121.7 MiB/s`,
      );
    }
    if (last && failure !== undefined) {
      lines.push(`ERROR: Backup of VM ${guest.vmid} failed - ${failure}`);
    } else {
      lines.push(`INFO: Finished Backup of VM ${guest.vmid}`);
    }
  });
  lines.push(
    failure === undefined
      ? 'INFO: Backup job finished successfully'
      : 'INFO: Backup job finished with errors',
  );
  return lines.map((text, index) => ({ at: index / lines.length, text }));
}
