import type { PveCluster } from '../model/cluster';
import type { Guest } from '../model/types';
import { Dice, mix } from '../random';
import { backupPlan } from './backup';
import type { TaskBook, TaskPlan } from './task-book';

const HOUR_MS = 3_600_000;
const DAYS = 3;
const ACTIONS = ['qmstart', 'qmshutdown', 'qmstop', 'qmreboot', 'qmclone', 'vncproxy'] as const;

/** Errors administrators know, with how often one meets them. */
const FAILURES: readonly string[] = [
  'VM quit/powerdown failed - got timeout',
  "can't lock file '/var/lock/qemu-server/lock-{id}.conf' - got timeout",
  'start failed: QEMU exited with code 1',
];
const BACKUP_FAILURES: readonly string[] = [
  "could not activate storage 'nas-backup', command 'mount' failed: exit code 32",
  'guest-fsfreeze-freeze timed out after 10 seconds',
];

/** Files the tasks of the last days, so that a fresh lab has a past. */
export function recordHistory(cluster: PveCluster, book: TaskBook, nowMs: number): void {
  const dice = new Dice(mix(cluster.seed, 4242));
  const entries: { plan: TaskPlan; startMs: number; exit: string }[] = [];
  for (const node of cluster.nodes.values()) {
    if (!node.seen) continue;
    const gone = node.outages.at(-1)?.fromMs ?? Number.POSITIVE_INFINITY;
    const guests = cluster.guestsOn(node.name).filter((guest) => !guest.template);
    for (let day = 0; day < DAYS; day += 1) {
      const nightMs = startOfDay(nowMs) - day * 24 * HOUR_MS + 1 * HOUR_MS;
      const batch = guests.slice(0, 5);
      if (batch.length > 0) entries.push(nightly(cluster, node.name, batch, nightMs, dice));
    }
    const busy = Math.min(guests.length, 10);
    for (let i = 0; i < busy; i += 1) {
      const startMs = nowMs - Math.floor(dice.next() * DAYS * 24 * HOUR_MS);
      entries.push(everyday(node.name, dice.pick(guests), startMs, dice));
    }
    for (let i = entries.length - 1; i >= 0; i -= 1) {
      const entry = entries[i];
      if (entry?.plan.node !== node.name) continue;
      const endMs = entry.startMs + entry.plan.durationMs;
      if (entry.startMs > gone || endMs > nowMs) entries.splice(i, 1);
    }
  }
  entries.sort((a, b) => a.startMs - b.startMs);
  for (const entry of entries) book.record(entry.plan, entry.startMs, entry.exit);
}

function startOfDay(ms: number): number {
  return Math.floor(ms / (24 * HOUR_MS)) * 24 * HOUR_MS;
}

function nightly(
  cluster: PveCluster,
  node: string,
  guests: Guest[],
  startMs: number,
  dice: Dice,
): { plan: TaskPlan; startMs: number; exit: string } {
  const failure = dice.chance(0.2) ? dice.pick(BACKUP_FAILURES) : undefined;
  const storage = [...cluster.storages.values()].find((one) => one.content.includes('backup'));
  const plan = backupPlan(cluster, node, guests, {
    storage: storage?.id ?? 'local',
    pace: 1,
    ...(failure === undefined ? {} : { failure }),
  });
  return { plan, startMs, exit: failure === undefined ? 'OK' : 'job errors' };
}

function everyday(
  node: string,
  guest: Guest,
  startMs: number,
  dice: Dice,
): { plan: TaskPlan; startMs: number; exit: string } {
  const action = dice.pick(ACTIONS);
  const type = guest.kind === 'qemu' ? action : action.replace('qm', 'vz');
  const failed = action !== 'vncproxy' && dice.chance(0.12);
  const exit = failed ? dice.pick(FAILURES).replace('{id}', String(guest.vmid)) : 'OK';
  return {
    plan: {
      type,
      id: String(guest.vmid),
      node,
      user: dice.pick(['root@pam', 'ada@pve', 'ada@pve', 'bob@pve']),
      durationMs: 800 + Math.floor(dice.next() * 9000),
      steps: [],
      finish: () => {},
    },
    startMs,
    exit,
  };
}
