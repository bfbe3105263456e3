import type { GuestRow } from '#shared/contract/inventory';

/** A running virtual machine with believable numbers; `changes` replace some. */
export function guestRow(changes: Partial<GuestRow> = {}): GuestRow {
  const vmid = changes.vmid ?? 100;
  return {
    id: `${changes.kind ?? 'qemu'}/${vmid}`,
    vmid,
    kind: 'qemu',
    node: 'pve1',
    name: `guest-${vmid}`,
    status: 'running',
    template: false,
    tags: [],
    pool: null,
    lock: null,
    haState: null,
    cpu: 0.1,
    maxCpu: 2,
    mem: 2 ** 30,
    maxMem: 2 ** 31,
    disk: 0,
    maxDisk: 32 * 2 ** 30,
    netInRate: null,
    netOutRate: null,
    uptimeS: 3600,
    ...changes,
  };
}
