import { type FailureView, fail } from '#shared/contract/errors';
import type { ClusterTotals, InventoryRows } from '#shared/contract/inventory';

/**
 * What an account without any privilege sees: nodes are listed, but with no figures, and there is
 * nothing else. The API filters instead of refusing, so this is the only sign.
 */
export function blindAccount(rows: InventoryRows, totals: ClusterTotals): FailureView | null {
  const seesSomething =
    totals.nodes.online === 0 ||
    totals.cpu.total !== null ||
    rows.guests.length > 0 ||
    rows.storages.some((storage) => storage.total !== null);
  if (seesSomething) return null;
  return fail('PERMISSION_DENIED', {
    remedy: 'Give the account the role PVEAuditor on the path /.',
    privilege: 'Sys.Audit',
    path: '/',
  }).view();
}
