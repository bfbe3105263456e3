import type { GuestRow } from '#shared/contract/inventory';

/** What a guest is called; its number where it has no name. */
export function guestName(row: Pick<GuestRow, 'name' | 'vmid'>): string {
  return row.name === '' ? String(row.vmid) : row.name;
}
