import { TaskFailure } from '../errors';
import type { PveCluster } from '../model/cluster';
import { applyConfig } from '../model/guest-config';
import type { Guest } from '../model/types';
import { unit } from '../random';
import type { TaskPlan } from './task-book';

export type PowerAction = 'start' | 'stop' | 'shutdown' | 'reboot' | 'suspend' | 'resume' | 'reset';

/** Who acts, and how fast this lab's clock of work runs. */
export interface TaskContext {
  cluster: PveCluster;
  node: string;
  user: string;
  tokenid?: string;
  nowMs: number;
  /** Multiplies every duration; 0 makes tasks end with the next look. */
  pace: number;
  /** Seconds a shutdown waits for the guest. */
  timeoutSeconds?: number;
  /** Pull the plug when the time is over. */
  forceStop?: boolean;
}

const TYPES: Record<PowerAction, { qemu: string; lxc: string }> = {
  start: { qemu: 'qmstart', lxc: 'vzstart' },
  stop: { qemu: 'qmstop', lxc: 'vzstop' },
  shutdown: { qemu: 'qmshutdown', lxc: 'vzshutdown' },
  reboot: { qemu: 'qmreboot', lxc: 'vzreboot' },
  suspend: { qemu: 'qmpause', lxc: 'vzsuspend' },
  resume: { qemu: 'qmresume', lxc: 'vzresume' },
  reset: { qemu: 'qmreset', lxc: 'vzreset' },
};

/** Shortest and longest time an action takes, in milliseconds. */
const DURATIONS: Record<PowerAction, [number, number]> = {
  start: [1400, 3800],
  stop: [700, 1900],
  shutdown: [3500, 11_000],
  reboot: [7000, 14_000],
  suspend: [400, 900],
  resume: [400, 900],
  reset: [300, 600],
};

const DEFAULT_SHUTDOWN_SECONDS = 180;
const QUICK_FAILURE_MS = 250;

/** The task a power action becomes. */
export function powerPlan(context: TaskContext, guest: Guest, action: PowerAction): TaskPlan {
  const hindrance = hindranceOf(guest, action);
  const gentle = action === 'shutdown' || action === 'reboot';
  const stubborn = gentle && guest.ignoresPowerButton;
  const waitMs = (context.timeoutSeconds ?? DEFAULT_SHUTDOWN_SECONDS) * 1000;
  const usualMs = between(DURATIONS[action], guest.seed, context.nowMs);
  const durationMs =
    hindrance !== undefined ? QUICK_FAILURE_MS : stubborn ? waitMs : Math.min(usualMs, waitMs);
  return {
    type: TYPES[action][guest.kind],
    id: String(guest.vmid),
    ...actor(context),
    durationMs: durationMs * context.pace,
    steps: [],
    finish: (nowMs) => {
      // Looked at again: another task may have been quicker.
      const problem = hindranceOf(guest, action);
      if (problem !== undefined) throw new TaskFailure(problem);
      if (stubborn && !(context.forceStop ?? false)) {
        throw new TaskFailure('VM quit/powerdown failed - got timeout');
      }
      carryOut(context.cluster, guest, action, nowMs);
    },
  };
}

/** Node, user and token of a plan. */
export function actor(context: TaskContext): Pick<TaskPlan, 'node' | 'user' | 'tokenid'> {
  return {
    node: context.node,
    user: context.user,
    ...(context.tokenid === undefined ? {} : { tokenid: context.tokenid }),
  };
}

/** A duration between two bounds that belongs to the guest and the moment. */
export function between([low, high]: [number, number], seed: number, nowMs: number): number {
  return low + (high - low) * unit(seed, Math.floor(nowMs / 1000));
}

function hindranceOf(guest: Guest, action: PowerAction): string | undefined {
  const name = guest.kind === 'qemu' ? 'VM' : 'CT';
  if (guest.lock !== undefined) {
    return `${name} is locked (${guest.lock})`;
  }
  if (action === 'start') {
    if (guest.template) {
      return guest.kind === 'qemu'
        ? "you can't start a vm if it's a template"
        : "you can't start a CT if it's a template";
    }
    return guest.status === 'running' ? `${name} ${guest.vmid} already running` : undefined;
  }
  // Stopping what is stopped is no failure.
  if (action === 'stop' || action === 'shutdown') return undefined;
  return guest.status === 'running' ? undefined : `${name} ${guest.vmid} not running`;
}

function carryOut(cluster: PveCluster, guest: Guest, action: PowerAction, nowMs: number): void {
  switch (action) {
    case 'start':
      applyConfig(cluster, guest, guest.pending);
      guest.pending.clear();
      cluster.setRunning(guest, true, nowMs);
      return;
    case 'stop':
    case 'shutdown':
      if (guest.status === 'running') cluster.setRunning(guest, false, nowMs);
      return;
    case 'reboot':
    case 'reset':
      cluster.setRunning(guest, true, nowMs);
      return;
    case 'suspend':
    case 'resume':
      guest.paused = action === 'suspend';
      cluster.touch();
  }
}
