import { useMemo } from 'react';
import type { InventoryRows } from '#shared/contract/inventory';
import { useLive } from '../../app/context';
import type { ClusterInventory } from '../../app/live-store';

const natural = new Intl.Collator('en', { numeric: true, sensitivity: 'base' });

function useRows<Kind extends keyof ClusterInventory>(uuid: string, kind: Kind) {
  return useLive((state) => state.inventory.get(uuid)?.[kind]);
}

/** The nodes of a cluster by name. */
export function useNodes(uuid: string): InventoryRows['nodes'] {
  const nodes = useRows(uuid, 'nodes');
  return useMemo(
    () => [...(nodes?.byId.values() ?? [])].sort((a, b) => natural.compare(a.node, b.node)),
    [nodes],
  );
}

/** How many guests, templates apart, each node has. */
export function useGuestsPerNode(uuid: string): ReadonlyMap<string, number> {
  const guests = useRows(uuid, 'guests');
  return useMemo(() => {
    const counts = new Map<string, number>();
    for (const { node, template } of guests?.byId.values() ?? []) {
      if (!template) counts.set(node, (counts.get(node) ?? 0) + 1);
    }
    return counts;
  }, [guests]);
}

/** The storages of a cluster by name, then node. */
export function useStorages(uuid: string): InventoryRows['storages'] {
  const storages = useRows(uuid, 'storages');
  return useMemo(
    () =>
      [...(storages?.byId.values() ?? [])].sort(
        (a, b) => natural.compare(a.storage, b.storage) || natural.compare(a.node, b.node),
      ),
    [storages],
  );
}
