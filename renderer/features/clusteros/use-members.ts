import { useMemo } from 'react';
import type { InventoryRows, MemberRow, NodeRow } from '#shared/contract/inventory';
import { useLive } from '../../app/context';

const natural = new Intl.Collator('en', { numeric: true, sensitivity: 'base' });

/** A member with what is measured of it; nothing is, of one that proved nothing. */
export interface Member {
  member: MemberRow;
  measured: NodeRow | null;
}

/** The members of a cluster by name. */
export function useMembers(uuid: string): readonly Member[] {
  const members = useLive((state) => state.inventory.get(uuid)?.members);
  const nodes = useLive((state) => state.inventory.get(uuid)?.nodes);
  return useMemo(
    () =>
      [...(members?.byId.values() ?? [])]
        .sort((a, b) => natural.compare(a.node, b.node))
        .map((member) => ({
          member,
          measured: member.authenticated ? (nodes?.byId.get(`node/${member.node}`) ?? null) : null,
        })),
    [members, nodes],
  );
}

/** The rows of another table of a cluster, in the order of what `by` says of them. */
export function useOrderedRows<Kind extends 'services' | 'partitions'>(
  uuid: string,
  kind: Kind,
  by: (row: InventoryRows[Kind][number]) => string,
): readonly InventoryRows[Kind][number][] {
  const table = useLive((state) => state.inventory.get(uuid)?.[kind]);
  return useMemo(() => {
    const rows: InventoryRows[Kind][number][] = [...(table?.byId.values() ?? [])];
    return rows.sort((a, b) => natural.compare(by(a), by(b)));
  }, [table, by]);
}
