import { useDeferredValue, useEffect, useMemo, useState } from 'react';
import type { Cluster } from '#shared/contract/clusters';
import type { GuestRow } from '#shared/contract/inventory';
import { matcher, type ParsedQuery, parseQuery } from '#shared/domain/query';
import { useLive, useLiveStore } from '../../app/context';
import type { LiveState } from '../../app/live-store';
import type { GuestEntry } from './columns';
import { guestKey, ordered, type Sort, splitKey } from './order';

/** How often the order follows the numbers: rows that change places each second cannot be read. */
const REORDER_MS = 2000;

type Source = Pick<LiveState, 'clusters' | 'inventory'>;

/** Guests of all clusters, or of one. */
function* entriesOf({ clusters, inventory }: Source, only: string | null): Generator<GuestEntry> {
  for (const [uuid, cluster] of clusters) {
    if (only !== null && uuid !== only) continue;
    const { clusterId, name: clusterName } = cluster;
    for (const row of inventory.get(uuid)?.guests.byId.values() ?? []) {
      yield { uuid, clusterId, clusterName, row };
    }
  }
}

/** The pushed rows, handed on at once when first there and then at most every two seconds. */
function useCalmSource(): Source {
  const store = useLiveStore();
  const [source, setSource] = useState<Source>(store.getState);
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    let handed: Source = store.getState();
    const hand = () => {
      timer = undefined;
      handed = store.getState();
      setSource(handed);
    };
    const onChange = (now: LiveState) => {
      if (now.inventory === handed.inventory && now.clusters === handed.clusters) return;
      // rows that appear for the first time are shown without delay
      if (now.inventory.size !== handed.inventory.size) {
        clearTimeout(timer);
        hand();
      } else timer ??= setTimeout(hand, REORDER_MS);
    };
    onChange(store.getState());
    const stop = store.subscribe(onChange);
    return () => {
      stop();
      clearTimeout(timer);
    };
  }, [store]);
  return source;
}

export interface GuestList {
  /** in order; keeps its identity while nothing moved */
  keys: readonly string[];
  /** guests and templates there are, filtered out or not */
  total: number;
  /** how many of the listed are templates */
  templates: number;
  parsed: ParsedQuery;
}

/**
 * The keys of the guests that a query finds, in order. While the query has an error, the last one
 * without goes on.
 * @param only uuid of the one cluster to list; null lists all
 */
export function useGuestList(query: string, sort: Sort, only: string | null): GuestList {
  const source = useCalmSource();
  const parsed = useMemo(() => parseQuery(query), [query]);
  const [lastGood, setLastGood] = useState(parsed.ok ? parsed.query : { terms: [] });
  if (parsed.ok && parsed.query !== lastGood) setLastGood(parsed.query);
  const wanted = useDeferredValue(lastGood);
  const found = useMemo(() => {
    const test = matcher(wanted);
    const matches = (entry: GuestEntry) =>
      test(entry.row, { clusterId: entry.clusterId, name: entry.clusterName });
    const entries = ordered(entriesOf(source, only), matches, sort);
    return {
      keys: entries.map((entry) => guestKey(entry.uuid, entry.row.id)),
      templates: entries.filter((entry) => entry.row.template).length,
    };
  }, [source, wanted, sort, only]);
  const [keys, setKeys] = useState(found.keys);
  if (found.keys !== keys && !sameKeys(found.keys, keys)) setKeys(found.keys);
  return { keys, templates: found.templates, total: countGuests(source, only), parsed };
}

function countGuests({ inventory }: Source, only: string | null): number {
  if (only !== null) return inventory.get(only)?.guests.ids.length ?? 0;
  let count = 0;
  for (const { guests } of inventory.values()) count += guests.ids.length;
  return count;
}

function sameKeys(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((key, index) => key === b[index]);
}

export interface ShownGuest {
  row: GuestRow;
  cluster: Cluster;
  /** whether the cluster has not answered for a while */
  stale: boolean;
}

/** One guest as it is now; null once it is gone. */
export function useGuest(key: string): ShownGuest | null {
  const { uuid, guestId } = splitKey(key);
  const row = useLive((state) => state.inventory.get(uuid)?.guests.byId.get(guestId));
  const cluster = useLive((state) => state.clusters.get(uuid));
  const stale = useLive((state) => state.live.get(uuid)?.stale ?? true);
  return row === undefined || cluster === undefined ? null : { row, cluster, stale };
}

/** The entries behind keys, for use when something is done with them; those that are gone are left out. */
export function entriesFor(state: Source, keys: Iterable<string>): GuestEntry[] {
  return [...keys].flatMap((key) => {
    const { uuid, guestId } = splitKey(key);
    const row = state.inventory.get(uuid)?.guests.byId.get(guestId);
    const cluster = state.clusters.get(uuid);
    if (row === undefined || cluster === undefined) return [];
    return [{ uuid, clusterId: cluster.clusterId, clusterName: cluster.name, row }];
  });
}
