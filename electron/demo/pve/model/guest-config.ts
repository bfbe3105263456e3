import { createHash } from 'node:crypto';
import { uuidOf } from '../random';
import type { PveCluster } from './cluster';
import { bootDisk, macOf } from './files';
import type { Guest } from './types';

const MIB = 1024 ** 2;
const GIB = 1024 ** 3;

/**
 * A guest's configuration as `/config` answers it, without the digest. It is
 * built on first use: a lab of thousands of guests rarely asks for them all.
 */
export function configOf(cluster: PveCluster, guest: Guest): Map<string, string | number> {
  guest.config ??= new Map(
    guest.kind === 'qemu' ? qemuConfig(cluster, guest) : lxcConfig(cluster, guest),
  );
  return guest.config;
}

/** The digest a writer may send back to notice other people's changes. */
export function digestOf(config: Map<string, string | number>): string {
  const text = [...config].sort(([a], [b]) => (a < b ? -1 : 1)).map(([k, v]) => `${k}: ${v}\n`);
  return createHash('sha1').update(text.join('')).digest('hex');
}

function qemuConfig(cluster: PveCluster, guest: Guest): [string, string | number][] {
  const disk = `${bootDisk(guest, cluster.storage(guest.storage))},size=${guest.diskBytes / GIB}G`;
  return [
    ['name', guest.name],
    ['cores', guest.cores],
    ['sockets', 1],
    // The API hands memory out as a string since 8.
    ['memory', cluster.dress.major >= 8 ? String(guest.memBytes / MIB) : guest.memBytes / MIB],
    ['ostype', guest.tags.includes('windows') ? 'win11' : 'l26'],
    ['scsihw', 'virtio-scsi-single'],
    ['scsi0', disk],
    ['net0', `virtio=${macOf(guest.seed, 0)},bridge=vmbr0,firewall=1`],
    ['boot', 'order=scsi0;net0'],
    ['numa', 0],
    ['smbios1', `uuid=${uuidOf(guest.seed, 80)}`],
    ['vmgenid', uuidOf(guest.seed, 81)],
    ['meta', `creation-qemu=${cluster.dress.qemu},ctime=${Math.floor(guest.createdMs / 1000)}`],
    ...common(guest),
    ...(guest.agent ? ([['agent', '1']] as [string, string][]) : []),
  ];
}

function lxcConfig(cluster: PveCluster, guest: Guest): [string, string | number][] {
  const disk = `${bootDisk(guest, cluster.storage(guest.storage))},size=${guest.diskBytes / GIB}G`;
  return [
    ['hostname', guest.name],
    ['arch', 'amd64'],
    ['cores', guest.cores],
    ['memory', guest.memBytes / MIB],
    ['swap', Math.min(512, guest.memBytes / MIB)],
    ['ostype', 'debian'],
    ['rootfs', disk],
    ['net0', `name=eth0,bridge=vmbr0,firewall=1,hwaddr=${macOf(guest.seed, 0)},ip=dhcp,type=veth`],
    ['features', 'nesting=1'],
    ['unprivileged', 1],
    ...common(guest),
  ];
}

function common(guest: Guest): [string, string | number][] {
  const out: [string, string | number][] = [];
  if (guest.tags.length > 0) out.push(['tags', guest.tags.join(';')]);
  if (guest.template) out.push(['template', 1]);
  if (!guest.template && guest.tags.includes('prod')) out.push(['onboot', 1]);
  return out;
}

/** Takes config values over into the guest's own facts. */
export function applyConfig(
  cluster: PveCluster,
  guest: Guest,
  changes: ReadonlyMap<string, string | number | null>,
): void {
  const config = configOf(cluster, guest);
  for (const [key, value] of changes) {
    if (value === null) config.delete(key);
    else config.set(key, value);
  }
  const name = config.get(guest.kind === 'qemu' ? 'name' : 'hostname');
  guest.name = name === undefined ? `VM ${guest.vmid}` : String(name);
  guest.cores = Number(config.get('cores') ?? 1) * Number(config.get('sockets') ?? 1);
  guest.memBytes = Number(config.get('memory') ?? 512) * MIB;
  const tags = String(config.get('tags') ?? '');
  guest.tags = tags === '' ? [] : tags.split(';').sort();
  if (tags !== '') config.set('tags', guest.tags.join(';'));
  guest.agent = String(config.get('agent') ?? '0').startsWith('1');
  cluster.touch();
}
