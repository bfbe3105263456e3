import { hexOf, unit } from '../random';
import type { Guest, Storage, StoredFile } from './types';

const GIB = 1024 ** 3;
const MIB = 1024 ** 2;
const DAY_MS = 86_400_000;
const BACKUPS_PER_GUEST = 2;
const GUESTS_WITH_BACKUPS = 24;

const ISO_IMAGES: readonly [name: string, bytes: number][] = [
  ['debian-13.1.0-amd64-netinst.iso', 783 * MIB],
  ['ubuntu-24.04.3-live-server-amd64.iso', 3.1 * GIB],
  ['win11-exam-2026.iso', 5.4 * GIB],
  ['virtio-win-0.1.271.iso', 692 * MIB],
  ['systemrescue-12.02.iso', 1.1 * GIB],
];

const CONTAINER_TEMPLATES: readonly [name: string, bytes: number][] = [
  ['debian-13-standard_13.1-2_amd64.tar.zst', 123 * MIB],
  ['ubuntu-24.04-standard_24.04-2_amd64.tar.zst', 135 * MIB],
  ['alpine-3.22-default_20250617_amd64.tar.xz', 3 * MIB],
];

/** Images, templates and backups a lab has gathered. */
export function buildFiles(storages: Storage[], guests: Guest[], nowMs: number): StoredFile[] {
  const files: StoredFile[] = [];
  for (const storage of storages) {
    if (storage.content.includes('iso')) {
      files.push(...ISO_IMAGES.map((image, index) => isoFile(storage, image, index, nowMs)));
    }
    if (storage.content.includes('vztmpl')) {
      files.push(...CONTAINER_TEMPLATES.map((tpl, i) => templateFile(storage, tpl, i, nowMs)));
    }
    if (storage.content.includes('backup') && storage.shared) {
      const chosen = guests.filter((guest) => !guest.template).slice(0, GUESTS_WITH_BACKUPS);
      for (const guest of chosen) files.push(...backups(storage, guest, nowMs));
    }
  }
  return files;
}

function isoFile(
  storage: Storage,
  [name, bytes]: readonly [string, number],
  index: number,
  nowMs: number,
): StoredFile {
  return {
    storage: storage.id,
    volid: `${storage.id}:iso/${name}`,
    content: 'iso',
    format: 'iso',
    bytes: Math.floor(bytes),
    createdMs: nowMs - (20 + index * 31) * DAY_MS,
  };
}

function templateFile(
  storage: Storage,
  [name, bytes]: readonly [string, number],
  index: number,
  nowMs: number,
): StoredFile {
  return {
    storage: storage.id,
    volid: `${storage.id}:vztmpl/${name}`,
    content: 'vztmpl',
    format: name.endsWith('.zst') ? 'tzst' : 'txz',
    bytes,
    createdMs: nowMs - (40 + index * 17) * DAY_MS,
  };
}

function backups(storage: Storage, guest: Guest, nowMs: number): StoredFile[] {
  return Array.from({ length: BACKUPS_PER_GUEST }, (_, index) => {
    const createdMs = nowMs - Math.floor((index + 0.7) * DAY_MS);
    const stamp = new Date(createdMs).toISOString().slice(0, 19);
    const tool = guest.kind === 'qemu' ? 'qemu' : 'lxc';
    const ending = guest.kind === 'qemu' ? 'vma.zst' : 'tar.zst';
    const file = stamp.replaceAll('-', '_').replace('T', '-').replaceAll(':', '_');
    return {
      storage: storage.id,
      volid: `${storage.id}:backup/vzdump-${tool}-${guest.vmid}-${file}.${ending}`,
      content: 'backup' as const,
      format: ending,
      bytes: Math.floor(guest.diskBytes * (0.18 + 0.2 * unit(guest.seed, 60 + index))),
      createdMs,
      vmid: guest.vmid,
      notes: guest.name,
    };
  });
}

/** Volume id of a guest's boot disk as the storage's type writes it. */
export function bootDisk(guest: Guest, storage: Storage): string {
  const stem = guest.template ? 'base' : 'vm';
  const disk = `${stem}-${guest.vmid}-disk-0`;
  const inFolder = storage.type === 'dir' || storage.type === 'nfs' || storage.type === 'cephfs';
  if (!inFolder) {
    return guest.base === undefined
      ? `${storage.id}:${disk}`
      : `${storage.id}:base-${guest.base}-disk-0/${disk}`;
  }
  const ending = guest.diskFormat ?? (guest.kind === 'lxc' ? 'raw' : 'qcow2');
  const own = `${guest.vmid}/${disk}.${ending}`;
  return guest.base === undefined
    ? `${storage.id}:${own}`
    : `${storage.id}:${guest.base}/base-${guest.base}-disk-0.${ending}/${own}`;
}

/** A hardware address in the range the project's guests get. */
export function macOf(seed: number, index: number): string {
  const h = hexOf(seed, 70 + index, 6).toUpperCase();
  return `BC:24:11:${h.slice(0, 2)}:${h.slice(2, 4)}:${h.slice(4, 6)}`;
}
