import { died, parameterError, permissionError } from '../errors';
import { isTrue, type ParamRules } from '../http/params';
import { type Call, need, type Route } from '../http/route';
import { bootDisk, macOf } from '../model/files';
import { GUEST_ROLES } from '../model/guest-roles';
import type { Guest, GuestKind, LoadProfile } from '../model/types';
import { mix, uuidOf } from '../random';
import { clonePlan, createPlan, destroyPlan, templatePlan } from '../tasks/guest-making';
import { badDnsName, configNames, configRules, configValue } from './guest-config';
import { assertQuorum, taskContext } from './guest-power';
import { guestOf } from './guests';

const optional = { optional: true } as const;
const flag = { type: 'boolean', optional: true } as const;
const GIB = 1024 ** 3;
const MIB = 1024 ** 2;
const vmidRule = {
  type: 'integer',
  check: (value: string) =>
    Number(value) >= 100 ? undefined : 'invalid format - value does not look like a valid VM ID\n',
} as const;

const CREATE: Record<GuestKind, ParamRules> = {
  qemu: {
    vmid: vmidRule,
    pool: optional,
    storage: optional,
    start: flag,
    archive: optional,
    unique: flag,
    bwlimit: optional,
  },
  lxc: {
    vmid: vmidRule,
    pool: optional,
    storage: optional,
    start: flag,
    ostemplate: optional,
    password: optional,
    'ssh-public-keys': optional,
    restore: flag,
    unique: flag,
    bwlimit: optional,
  },
};

/** Making, copying, freezing and removing guests. */
export const guestMakingRoutes: readonly Route[] = (['qemu', 'lxc'] as const).flatMap(
  (kind): Route[] => [
    {
      method: 'POST',
      path: `/nodes/{node}/${kind}`,
      params: { ...configRules(kind), ...CREATE[kind] },
      alsoAllowed: configNames(kind),
      permit: mayCreate,
      handle: (call) => create(call, kind),
    },
    {
      method: 'POST',
      path: `/nodes/{node}/${kind}/{vmid}/clone`,
      params: {
        newid: vmidRule,
        [kind === 'qemu' ? 'name' : 'hostname']: { optional: true, check: badDnsName },
        description: optional,
        full: flag,
        pool: optional,
        snapname: optional,
        storage: optional,
        target: optional,
        format: optional,
        bwlimit: optional,
      },
      permit: need('/vms/{vmid}', 'VM.Clone'),
      handle: (call) => clone(call, kind),
    },
    {
      method: 'POST',
      path: `/nodes/{node}/${kind}/{vmid}/template`,
      params: { disk: optional },
      permit: need('/vms/{vmid}', 'VM.Allocate'),
      handle: (call) => {
        const guest = guestOf(call, kind);
        if (guest.status === 'running') {
          throw died("you can't convert a VM to template if VM is running");
        }
        return call.site.tasks.start(templatePlan(taskContext(call), guest), call.nowMs).upid;
      },
    },
    {
      method: 'DELETE',
      path: `/nodes/{node}/${kind}/{vmid}`,
      params: { purge: flag, 'destroy-unreferenced-disks': flag, skiplock: flag, force: flag },
      permit: need('/vms/{vmid}', 'VM.Allocate'),
      handle: (call) => destroy(call, kind),
    },
  ],
);

function mayCreate(call: Call): void {
  const { permissions } = call.site;
  const vm = permissions.has(call.caller, `/vms/${call.params.vmid ?? ''}`, 'VM.Allocate');
  const { pool } = call.params;
  const viaPool =
    pool !== undefined && permissions.has(call.caller, `/pool/${pool}`, 'VM.Allocate');
  if (!vm && !viaPool) throw permissionError();
}

function create(call: Call, kind: GuestKind): string {
  assertQuorum(call);
  const { site, params } = call;
  const vmid = Number(params.vmid);
  if (site.cluster.guests.has(vmid)) {
    throw died(
      `unable to create ${kind === 'qemu' ? 'VM' : 'CT'} ${vmid} - ${kind === 'qemu' ? 'VM' : 'CT'} ${vmid} already exists on node '${site.cluster.guests.get(vmid)?.node}'`,
    );
  }
  if (params.pool !== undefined && !site.cluster.pools.has(params.pool)) {
    throw died(`pool '${params.pool}' does not exist`);
  }
  if (kind === 'lxc' && params.ostemplate === undefined) {
    throw parameterError({ ostemplate: 'property is missing and it is not optional' });
  }
  const { guest, log } = newGuest(call, kind, vmid);
  return site.tasks.start(createPlan(taskContext(call), guest, log), call.nowMs).upid;
}

function newGuest(call: Call, kind: GuestKind, vmid: number): { guest: Guest; log: string[] } {
  const { site, params, nowMs } = call;
  const diskKey = kind === 'qemu' ? 'scsi0' : 'rootfs';
  // `local-lvm:32` asks for a new disk of 32 GiB.
  const disk = /^([\w-]+):(\d+(?:\.\d+)?)(?:,|$)/.exec(params[diskKey] ?? '');
  const storageId = disk?.[1] ?? params.storage ?? [...site.cluster.storages.keys()][0] ?? 'local';
  const storage = site.cluster.storage(storageId);
  const name = params[kind === 'qemu' ? 'name' : 'hostname'];
  const seed = mix(site.cluster.seed, vmid + Math.floor(nowMs));
  const tags = (params.tags ?? '')
    .split(/[;,\s]+/)
    .filter((tag) => tag !== '')
    .sort();
  const guest: Guest = {
    vmid,
    kind,
    name: name ?? (kind === 'qemu' ? `VM ${vmid}` : `CT${vmid}`),
    node: call.path.node ?? '',
    status: 'stopped',
    paused: false,
    template: false,
    tags,
    cores: Number(params.cores ?? 1) * Number(params.sockets ?? 1),
    memBytes: Number((params.memory ?? '512').replace('current=', '')) * MIB,
    diskBytes: Math.floor(Number(disk?.[2] ?? 0) * GIB),
    storage: storage.id,
    agent: (params.agent ?? '0').startsWith('1'),
    ignoresPowerButton: false,
    profile: idleProfile(),
    seed,
    runs: [],
    createdMs: nowMs,
    pending: new Map(),
    // Without a word about it a folder gets a raw image.
    diskFormat: /format=(\w+)/.exec(params[diskKey] ?? '')?.[1] ?? 'raw',
    ...(params.pool === undefined ? {} : { pool: params.pool }),
  };
  const config = new Map<string, string | number>();
  const skipped = new Set([
    'vmid',
    'pool',
    'storage',
    'start',
    'ostemplate',
    'password',
    'unique',
    diskKey,
  ]);
  for (const [key, value] of Object.entries(params)) {
    if (!skipped.has(key)) config.set(key, configValue(guest, key, value));
  }
  const log: string[] = [];
  if (disk !== null) {
    const volume = bootDisk(guest, storage);
    config.set(diskKey, `${volume},size=${disk[2]}G`);
    log.push(`${diskKey}: successfully created disk '${volume},size=${disk[2]}G'`);
  }
  for (const [key, value] of config) {
    if (/^net\d+$/.test(key) && kind === 'qemu' && !String(value).includes(':')) {
      config.set(key, String(value).replace(/^(\w+)/, `$1=${macOf(seed, 0)}`));
    }
  }
  if (kind === 'qemu') {
    const devices = [...config.keys()].filter((key) => /^(scsi|virtio|sata|ide|net)\d+$/.test(key));
    if (devices.length > 0 && !config.has('boot')) config.set('boot', `order=${devices.join(';')}`);
    config.set('smbios1', `uuid=${uuidOf(seed, 80)}`);
    config.set('vmgenid', uuidOf(seed, 81));
    config.set(
      'meta',
      `creation-qemu=${site.cluster.dress.qemu},ctime=${Math.floor(nowMs / 1000)}`,
    );
  }
  guest.config = config;
  return { guest, log };
}

function idleProfile(): LoadProfile {
  const quiet = GUEST_ROLES.find((role) => role.name === 'student');
  if (quiet === undefined) throw new RangeError('The role of a student machine is gone.');
  return quiet.profile;
}

function clone(call: Call, kind: GuestKind): string {
  const source = guestOf(call, kind);
  assertQuorum(call);
  const { site, params, caller } = call;
  const newid = Number(params.newid);
  const existing = site.cluster.guests.get(newid);
  if (existing !== undefined) {
    throw died(`unable to create VM ${newid}: config file already exists`);
  }
  const path = params.pool === undefined ? `/vms/${newid}` : `/pool/${params.pool}`;
  if (!site.permissions.has(caller, path, 'VM.Allocate'))
    throw permissionError(path, 'VM.Allocate');
  if (params.pool !== undefined && !site.cluster.pools.has(params.pool)) {
    throw died(`pool '${params.pool}' does not exist`);
  }
  const full = params.full === undefined ? !source.template : isTrue(params.full);
  if (!full && !source.template) {
    const disk = bootDisk(source, site.cluster.storage(source.storage));
    throw died(`Linked clone feature is not supported for '${disk}' (scsi0)`);
  }
  if (params.storage !== undefined) {
    if (!full) throw parameterError({ storage: "option 'storage' is only valid for full clones" });
    site.cluster.storage(params.storage);
  }
  const target = params.target ?? source.node;
  if (target !== source.node && !site.cluster.storage(source.storage).shared) {
    throw died(`can't clone VM to node '${target}' (VM uses local storage)`);
  }
  const name = params.name ?? params.hostname;
  const plan = clonePlan(taskContext(call), source, {
    newid,
    full,
    target: site.cluster.node(target).name,
    ...(name === undefined ? {} : { name }),
    ...(params.storage === undefined ? {} : { storage: params.storage }),
    ...(params.pool === undefined ? {} : { pool: params.pool }),
    ...(params.description === undefined ? {} : { description: params.description }),
  });
  return site.tasks.start(plan, call.nowMs).upid;
}

function destroy(call: Call, kind: GuestKind): string {
  const guest = guestOf(call, kind);
  assertQuorum(call);
  const word = kind === 'qemu' ? 'VM' : 'CT';
  if (guest.status === 'running') throw died(`${word} ${guest.vmid} is running - destroy failed`);
  if (guest.haState !== undefined && !isTrue(call.params.purge)) {
    throw died(
      `unable to remove ${word} ${guest.vmid} - used in HA resources and purge parameter not set.`,
    );
  }
  const plan = destroyPlan(taskContext(call), guest, isTrue(call.params.purge));
  return call.site.tasks.start(plan, call.nowMs).upid;
}
