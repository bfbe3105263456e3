import { TaskFailure } from '../errors';
import { bootDisk } from '../model/files';
import { configOf } from '../model/guest-config';
import type { Guest } from '../model/types';
import { mix } from '../random';
import { actor, between, type TaskContext } from './guest-actions';
import type { LogStep, TaskPlan } from './task-book';

const GIB = 1024 ** 3;
/** Bytes a second a full clone copies. */
const COPY_RATE = 1.6 * GIB;
const PROGRESS_LINES = 24;

/** What a clone request asks for. */
export interface CloneRequest {
  newid: number;
  full: boolean;
  name?: string;
  target: string;
  storage?: string;
  pool?: string;
  description?: string;
}

/** Copies a guest; the new one stands there at once, locked until it is whole. */
export function clonePlan(context: TaskContext, source: Guest, request: CloneRequest): TaskPlan {
  const { cluster } = context;
  const copy = copyOf(context, source, request);
  cluster.guests.set(copy.vmid, copy);
  cluster.touch();
  const lines = request.full
    ? fullCloneLog(context, source, copy)
    : [
        `creating a clone of VM ${source.vmid} with ID ${copy.vmid}`,
        `create linked clone of drive scsi0 (${bootDisk(source, cluster.storage(source.storage))})`,
      ].map((text) => ({ at: 0, text }));
  const durationMs = request.full ? (source.diskBytes / COPY_RATE) * 1000 : 2200;
  return {
    type: source.kind === 'qemu' ? 'qmclone' : 'vzclone',
    id: String(source.vmid),
    ...actor(context),
    durationMs: durationMs * context.pace,
    steps: lines,
    finish: () => {
      delete copy.lock;
      cluster.touch();
    },
    abandon: () => {
      cluster.guests.delete(copy.vmid);
      cluster.touch();
    },
  };
}

function copyOf(context: TaskContext, source: Guest, request: CloneRequest): Guest {
  const storage = request.full ? (request.storage ?? source.storage) : source.storage;
  const config = new Map(configOf(context.cluster, source));
  const nameKey = source.kind === 'qemu' ? 'name' : 'hostname';
  const name = request.name ?? `Copy-of-VM-${source.name}`;
  config.set(nameKey, name);
  config.delete('template');
  if (request.description !== undefined) config.set('description', request.description);
  const { base: _base, haState: _ha, pool: _pool, ...rest } = source;
  const copy: Guest = {
    ...rest,
    vmid: request.newid,
    name,
    node: request.target,
    status: 'stopped',
    template: false,
    lock: 'clone',
    storage,
    tags: [...source.tags],
    seed: mix(source.seed, request.newid),
    runs: [],
    createdMs: context.nowMs,
    pending: new Map(),
    config,
    ...(request.full ? {} : { base: source.vmid }),
    ...(request.pool === undefined ? {} : { pool: request.pool }),
  };
  const diskKey = source.kind === 'qemu' ? 'scsi0' : 'rootfs';
  const disk = bootDisk(copy, context.cluster.storage(storage));
  config.set(diskKey, `${disk},size=${copy.diskBytes / GIB}G`);
  return copy;
}

function fullCloneLog(context: TaskContext, source: Guest, copy: Guest): LogStep[] {
  const storage = context.cluster.storage(source.storage);
  const total = source.diskBytes / GIB;
  const head = [
    `creating a clone of VM ${source.vmid} with ID ${copy.vmid}`,
    `create full clone of drive scsi0 (${bootDisk(source, storage)})`,
  ].map((text) => ({ at: 0, text }));
  const progress = Array.from({ length: PROGRESS_LINES + 1 }, (_, index) => {
    const part = index / PROGRESS_LINES;
    const done = part === 0 ? '0.0 B' : `${(total * part).toFixed(1)} GiB`;
    return {
      at: part * 0.98,
      text: `transferred ${done} of ${total.toFixed(1)} GiB (${(part * 100).toFixed(2)}%)`,
    };
  });
  return [...head, ...progress];
}

/** Makes a new guest from scratch. */
export function createPlan(context: TaskContext, guest: Guest, log: string[]): TaskPlan {
  const { cluster } = context;
  guest.lock = 'create';
  cluster.guests.set(guest.vmid, guest);
  cluster.touch();
  return {
    type: guest.kind === 'qemu' ? 'qmcreate' : 'vzcreate',
    id: String(guest.vmid),
    ...actor(context),
    durationMs: between([900, 2500], guest.seed, context.nowMs) * context.pace,
    steps: log.map((text, index) => ({ at: index / (log.length + 1), text })),
    finish: () => {
      delete guest.lock;
      cluster.touch();
    },
    abandon: () => {
      cluster.guests.delete(guest.vmid);
      cluster.touch();
    },
  };
}

/** Turns a stopped guest into a template. */
export function templatePlan(context: TaskContext, guest: Guest): TaskPlan {
  return {
    type: guest.kind === 'qemu' ? 'qmtemplate' : 'vztemplate',
    id: String(guest.vmid),
    ...actor(context),
    durationMs: 900 * context.pace,
    steps: [],
    finish: () => {
      if (guest.status === 'running') {
        throw new TaskFailure("you can't convert a VM to template if VM is running");
      }
      const config = configOf(context.cluster, guest);
      guest.template = true;
      config.set('template', 1);
      const diskKey = guest.kind === 'qemu' ? 'scsi0' : 'rootfs';
      if (config.has(diskKey)) {
        const disk = bootDisk(guest, context.cluster.storage(guest.storage));
        config.set(diskKey, `${disk},size=${guest.diskBytes / GIB}G`);
      }
      context.cluster.touch();
    },
  };
}

/** Removes a guest for good; the base of linked clones cannot go. */
export function destroyPlan(context: TaskContext, guest: Guest, purge: boolean): TaskPlan {
  const { cluster } = context;
  return {
    type: guest.kind === 'qemu' ? 'qmdestroy' : 'vzdestroy',
    id: String(guest.vmid),
    ...actor(context),
    durationMs: between([500, 1800], guest.seed, context.nowMs) * context.pace,
    steps: purge ? [{ at: 0, text: `purging VM ${guest.vmid} from related configurations..` }] : [],
    finish: () => {
      const clone = [...cluster.guests.values()].find((other) => other.base === guest.vmid);
      if (clone !== undefined) {
        const disk = bootDisk(guest, cluster.storage(guest.storage));
        throw new TaskFailure(`base volume '${disk}' is still in use by linked cloned`);
      }
      cluster.guests.delete(guest.vmid);
      cluster.touch();
    },
  };
}
