import { type Call, need, type Route, Unordered } from '../http/route';
import { guestCounters, guestUptime } from '../load/guest-load';
import { configOf, digestOf } from '../model/guest-config';
import type { Guest, GuestKind } from '../model/types';
import { mix } from '../random';
import { hostMem, type Row, statsMoment } from './rows';

const audit = need('/vms/{vmid}', 'VM.Audit');
const POWER = ['start', 'stop', 'shutdown', 'reboot', 'suspend', 'resume', 'current'];

/** The guest a request's path names. */
export function guestOf(call: Call, kind: GuestKind): Guest {
  return call.site.cluster.guestOn(call.path.node ?? '', kind, Number(call.path.vmid));
}

/** Lists of guests and how each stands. */
export const guestRoutes: readonly Route[] = (['qemu', 'lxc'] as const).flatMap((kind): Route[] => [
  {
    method: 'GET',
    path: `/nodes/{node}/${kind}`,
    params: kind === 'qemu' ? { full: { type: 'boolean', optional: true } } : {},
    handle: (call) => list(call, kind),
  },
  {
    method: 'GET',
    path: `/nodes/{node}/${kind}/{vmid}`,
    permit: audit,
    handle: () =>
      new Unordered(
        ['config', 'pending', 'status', 'snapshot', 'rrddata', 'agent'].map((subdir) => ({
          subdir,
        })),
      ),
  },
  {
    method: 'GET',
    path: `/nodes/{node}/${kind}/{vmid}/status`,
    permit: audit,
    handle: () => new Unordered(POWER.map((subdir) => ({ subdir }))),
  },
  {
    method: 'GET',
    path: `/nodes/{node}/${kind}/{vmid}/status/current`,
    permit: audit,
    handle: (call) => current(call, guestOf(call, kind)),
  },
  {
    method: 'GET',
    path: `/nodes/{node}/${kind}/{vmid}/snapshot`,
    permit: audit,
    handle: (call) => {
      const guest = guestOf(call, kind);
      return [
        {
          name: 'current',
          description: 'You are here!',
          digest: digestOf(configOf(call.site.cluster, guest)),
          running: guest.status === 'running' ? 1 : 0,
        },
      ];
    },
  },
]);

function list(call: Call, kind: GuestKind): Unordered {
  const { site, caller, path, params } = call;
  const rows = site.cluster
    .guestsOn(path.node ?? '')
    .filter((guest) => guest.kind === kind)
    .filter((guest) => site.permissions.has(caller, `/vms/${guest.vmid}`, 'VM.Audit'))
    .map((guest) => ({
      ...listRow(call, guest),
      ...(params.full === undefined ? {} : { qmpstatus: qmpStatus(guest) }),
    }));
  return new Unordered(rows);
}

function qmpStatus(guest: Guest): string {
  return guest.status === 'running' && guest.paused ? 'paused' : guest.status;
}

/** A guest as its own node lists it. */
function listRow({ site, nowMs }: Call, guest: Guest): Row {
  const { dress } = site.cluster;
  const load = guestCounters(guest, statsMoment(nowMs));
  // Old releases hand numbers out as they read them from text.
  const loose = (value: number) => (dress.looseNumbers ? String(value) : value);
  const running = guest.status === 'running';
  return {
    vmid: loose(guest.vmid),
    name: guest.name,
    status: guest.status,
    ...(guest.template ? { template: 1 } : {}),
    ...(guest.tags.length === 0 ? {} : { tags: guest.tags.join(';') }),
    ...(guest.lock === undefined ? {} : { lock: guest.lock }),
    cpu: load.cpu,
    cpus: guest.cores,
    mem: load.mem,
    maxmem: guest.memBytes,
    disk: guest.kind === 'lxc' ? loose(load.disk) : load.disk,
    maxdisk: guest.kind === 'lxc' ? loose(guest.diskBytes) : guest.diskBytes,
    netin: load.netin,
    netout: load.netout,
    uptime: guestUptime(guest, nowMs),
    ...(running ? { pid: processOf(guest) } : {}),
    ...(guest.kind === 'lxc'
      ? {
          type: 'lxc',
          swap: 0,
          maxswap: 512 * 1024 ** 2,
          diskread: load.diskread,
          diskwrite: load.diskwrite,
        }
      : {}),
    ...(dress.pressure ? { memhost: hostMem(guest, load.mem) } : {}),
    ...(dress.pressure && running ? stalls(load.cpu) : {}),
  };
}

function processOf(guest: Guest): number {
  return 2000 + (mix(guest.seed, guest.runs.length) % 400_000);
}

function stalls(cpu: number): Row {
  return {
    pressurecpusome: round(cpu * 2),
    pressurecpufull: 0,
    pressureiosome: round(cpu * 0.4),
    pressureiofull: round(cpu * 0.3),
    pressurememorysome: 0,
    pressurememoryfull: 0,
  };
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}

function current(call: Call, guest: Guest): Row {
  const { site, nowMs } = call;
  const { full: _full, ...params } = call.params;
  const row = listRow({ ...call, params }, guest);
  const load = guestCounters(guest, statsMoment(nowMs));
  const base: Row = {
    ...row,
    vmid: guest.vmid,
    ...(guest.kind === 'qemu' && guest.status !== 'running' && site.cluster.dress.major >= 9
      ? {}
      : { diskread: load.diskread, diskwrite: load.diskwrite }),
    ha:
      guest.haState === undefined
        ? site.cluster.dress.major >= 9
          ? null
          : { managed: 0 }
        : { managed: 1, state: guest.haState },
  };
  if (guest.kind === 'lxc') return { ...base, disk: load.disk, maxdisk: guest.diskBytes };
  const machine: Row = {
    ...base,
    qmpstatus: qmpStatus(guest),
    ...(guest.agent ? { agent: 1 } : {}),
  };
  if (guest.status !== 'running') return machine;
  const free = guest.memBytes - load.mem;
  return {
    ...machine,
    freemem: free,
    balloon: guest.memBytes,
    ballooninfo: {
      actual: guest.memBytes,
      max_mem: guest.memBytes,
      total_mem: guest.memBytes,
      free_mem: free,
      mem_swapped_in: 0,
      mem_swapped_out: 0,
      major_page_faults: 12,
      minor_page_faults: 900,
      last_update: Math.floor(nowMs / 1000),
    },
    blockstat: {
      scsi0: {
        rd_bytes: load.diskread,
        rd_operations: Math.floor(load.diskread / 16_384),
        failed_rd_operations: 0,
        wr_bytes: load.diskwrite,
        wr_operations: Math.floor(load.diskwrite / 16_384),
        failed_wr_operations: 0,
      },
    },
    'running-machine': 'pc-i440fx-10.1',
    'running-qemu': site.cluster.dress.qemu,
    'proxmox-support': {
      'pbs-dirty-bitmap': true,
      'query-bitmap-info': true,
      'pbs-library-version': '1.5.2',
    },
  };
}
