import { isRoot } from '../access/permissions';
import { died, parameterError } from '../errors';
import { isTrue, type ParamRules } from '../http/params';
import { type Call, need, type Route } from '../http/route';
import { applyConfig, configOf, digestOf } from '../model/guest-config';
import type { Guest, GuestKind } from '../model/types';
import { taskContext } from './guest-power';
import { guestOf } from './guests';

const optional = { optional: true } as const;
const flag = { type: 'boolean', optional: true } as const;

/** Options with numbers, lists of devices and the like. */
const QEMU_NAMES =
  /^(acpi|affinity|agent|args|audio0|autostart|balloon|bios|boot|bootdisk|cdrom|cicustom|cipassword|citype|ciuser|cpu|cpulimit|cpuunits|efidisk0|freeze|hostpci\d+|hotplug|ide[0-3]|ipconfig\d+|keyboard|kvm|localtime|machine|meta|migrate_downtime|nameserver|net\d+|numa\d*|onboot|ostype|parallel\d|protection|reboot|rng0|sata[0-5]|scsi\d+|scsihw|searchdomain|serial\d|smbios1|smp|spice_enhancements|sshkeys|startdate|startup|tablet|tdf|template|tpmstate0|unused\d+|usb\d+|vga|virtio\d+|vmgenid|watchdog)$/;
const LXC_NAMES =
  /^(arch|cmode|console|cpulimit|cpuunits|debug|dev\d+|features|hookscript|mp\d+|nameserver|net\d+|onboot|ostype|protection|rootfs|searchdomain|startup|template|timezone|tty|unprivileged|unused\d+)$/;

/** Names of one kind of guest that need no closer rule. */
export function configNames(kind: GuestKind): RegExp {
  return kind === 'qemu' ? QEMU_NAMES : LXC_NAMES;
}

/** Rules of the options this lab looks into. */
export function configRules(kind: GuestKind): ParamRules {
  const common: ParamRules = {
    cores: { type: 'integer', optional: true, minimum: 1, maximum: 8192 },
    description: optional,
    lock: optional,
    memory: { optional: true, check: badMemory },
    tags: { optional: true, check: badTags },
    digest: optional,
    delete: optional,
    revert: optional,
  };
  return kind === 'qemu'
    ? {
        ...common,
        name: { optional: true, check: badDnsName },
        sockets: { type: 'integer', optional: true, minimum: 1 },
        vcpus: { type: 'integer', optional: true, minimum: 1 },
        force: flag,
        skiplock: flag,
      }
    : {
        ...common,
        hostname: { optional: true, check: badDnsName },
        swap: { type: 'integer', optional: true, minimum: 0 },
      };
}

/** Says what is wrong with a guest's name. */
export function badDnsName(value: string): string | undefined {
  return /^[a-zA-Z0-9]([a-zA-Z0-9-]*[a-zA-Z0-9])?(\.[a-zA-Z0-9]([a-zA-Z0-9-]*[a-zA-Z0-9])?)*$/.test(
    value,
  )
    ? undefined
    : 'invalid format - value does not look like a valid DNS name\n';
}

function badMemory(value: string): string | undefined {
  if (!/^(current=)?\d+$/.test(value)) {
    return `invalid format - format error\nmemory.current: type check ('integer') failed - got '${value}'\n`;
  }
  return Number(value.replace('current=', '')) < 16
    ? 'invalid format - format error\nmemory.current: value must have a minimum value of 16\n'
    : undefined;
}

function badTags(value: string): string | undefined {
  const tags = value.split(/[;,\s]/).filter((tag) => tag !== '');
  return tags.every((tag) => /^[a-z0-9_][a-z0-9_\-+.]*$/i.test(tag))
    ? undefined
    : 'invalid format - invalid characters in tag\n';
}

const CHANGE = [
  'VM.Config.Options',
  'VM.Config.CPU',
  'VM.Config.Memory',
  'VM.Config.Disk',
  'VM.Config.Network',
  'VM.Config.HWType',
  'VM.Config.CDROM',
  'VM.Config.Cloudinit',
];

/** Reading and writing a guest's configuration. */
export const guestConfigRoutes: readonly Route[] = (['qemu', 'lxc'] as const).flatMap(
  (kind): Route[] => [
    {
      method: 'GET',
      path: `/nodes/{node}/${kind}/{vmid}/config`,
      params: { current: flag, snapshot: optional },
      permit: need('/vms/{vmid}', 'VM.Audit'),
      handle: (call) => {
        const guest = guestOf(call, kind);
        const config = configOf(call.site.cluster, guest);
        const shown = new Map(config);
        if (!isTrue(call.params.current)) {
          for (const [key, value] of guest.pending) {
            if (value !== null) shown.set(key, value);
          }
        }
        return { ...Object.fromEntries(shown), digest: digestOf(config) };
      },
    },
    {
      method: 'GET',
      path: `/nodes/{node}/${kind}/{vmid}/pending`,
      permit: need('/vms/{vmid}', 'VM.Audit'),
      handle: (call) => pending(call, guestOf(call, kind)),
    },
    {
      method: 'PUT',
      path: `/nodes/{node}/${kind}/{vmid}/config`,
      params: configRules(kind),
      alsoAllowed: configNames(kind),
      permit: need('/vms/{vmid}', ...CHANGE),
      handle: (call) => {
        const guest = guestOf(call, kind);
        change(call, guest);
        return null;
      },
    },
    ...(kind === 'qemu' ? [slowWrite()] : []),
  ],
);

/** POST does the same in a task, for changes that take their time. */
function slowWrite(): Route {
  return {
    method: 'POST',
    path: '/nodes/{node}/qemu/{vmid}/config',
    params: { ...configRules('qemu'), background_delay: { type: 'integer', optional: true } },
    alsoAllowed: configNames('qemu'),
    permit: need('/vms/{vmid}', ...CHANGE),
    handle: (call) => {
      const guest = guestOf(call, 'qemu');
      assertWritable(call, guest);
      const words = Object.entries(call.params).map(([key, value]) => `-${key} ${value}`);
      return call.site.tasks.start(
        {
          type: 'qmconfig',
          id: String(guest.vmid),
          ...taskContext(call),
          durationMs: 300 * call.site.taskPace,
          steps: [{ at: 0, text: `update VM ${guest.vmid}: ${words.join(' ')}` }],
          finish: () => change(call, guest),
        },
        call.nowMs,
      ).upid;
    },
  };
}

function pending({ site }: Call, guest: Guest): unknown {
  const config = configOf(site.cluster, guest);
  const keys = new Set([...config.keys(), ...guest.pending.keys()]);
  return [...keys].map((key) => {
    const value = config.get(key);
    const waiting = guest.pending.get(key);
    return {
      key,
      ...(value === undefined ? {} : { value }),
      ...(waiting === undefined ? {} : waiting === null ? { delete: 1 } : { pending: waiting }),
    };
  });
}

function assertWritable({ site, params, caller }: Call, guest: Guest): void {
  if (isTrue(params.skiplock) && !isRoot(caller)) {
    throw parameterError({ skiplock: 'Only root may use this option.' });
  }
  if (!site.cluster.quorate) {
    const folder = guest.kind === 'qemu' ? 'qemu-server' : 'lxc';
    throw died(
      `unable to open file '/etc/pve/nodes/${guest.node}/${folder}/${guest.vmid}.conf.tmp.60' - Permission denied`,
    );
  }
  const digest = digestOf(configOf(site.cluster, guest));
  if (params.digest !== undefined && params.digest !== digest) {
    throw died('checksum mismatch (file change by other user?)');
  }
  if (guest.lock !== undefined && !isTrue(params.skiplock)) {
    throw died(`${guest.kind === 'qemu' ? 'VM' : 'CT'} is locked (${guest.lock})`);
  }
}

const NUMBERS = new Set([
  'cores',
  'sockets',
  'vcpus',
  'onboot',
  'kvm',
  'numa',
  'template',
  'protection',
  'swap',
  'unprivileged',
  'balloon',
]);
/** What a running machine takes over only with its next boot. */
const COLD = new Set(['cores', 'sockets', 'memory', 'cpu', 'machine', 'bios', 'ostype']);

function change(call: Call, guest: Guest): void {
  assertWritable(call, guest);
  const now = new Map<string, string | number | null>();
  const {
    digest: _d,
    delete: removed = '',
    force: _f,
    skiplock: _s,
    revert = '',
    background_delay: _b,
    ...values
  } = call.params;
  for (const key of revert.split(/[,;\s]+/)) guest.pending.delete(key);
  const put = (key: string, value: string | number | null) => {
    const cold = guest.kind === 'qemu' && guest.status === 'running' && COLD.has(key);
    (cold ? guest.pending : now).set(key, value);
  };
  for (const [key, value] of Object.entries(values)) put(key, configValue(guest, key, value));
  for (const key of removed.split(/[,;\s]+/)) if (key !== '') put(key, null);
  applyConfig(call.site.cluster, guest, now);
}

/** A value as the configuration file keeps it. */
export function configValue(
  guest: Pick<Guest, 'kind'>,
  key: string,
  value: string,
): string | number {
  if (key === 'tags')
    return value
      .split(/[;,\s]+/)
      .filter((tag) => tag !== '')
      .sort()
      .join(';');
  if (key === 'memory') return guest.kind === 'lxc' ? Number(value) : value.replace('current=', '');
  return NUMBERS.has(key) ? Number(isTrue(value) ? '1' : value) : value;
}
