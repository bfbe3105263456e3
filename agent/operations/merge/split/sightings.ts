import { z } from 'zod';
import { clusterName, type Sighting, sighting } from '#shared/contract/agent/merge';
import { canonical } from '#shared/domain/canonical';
import type { Clock } from '../../../ports';
import type { State } from '../../../state/types';

const SPLIT = 'split/';
/** What no node has seen for so long is not told any more. */
const FRESH_MS = 15 * 60_000;
/** What has not changed is told again at this pace. */
const AGAIN_MS = 5 * 60_000;
const MAX_ADDRESSES = 50;
const MAX_WRITES = 100;

/** `split/<node id>/<uuid>/<kind>`: what one node saw of one cluster. Unix ms. */
const row = z.object({
  kind: sighting.shape.kind,
  cluster: clusterName,
  addresses: z.array(z.string()),
  via: sighting.shape.via,
  by: z.string(),
  firstSeen: z.number(),
  lastSeen: z.number(),
  remedy: z.string(),
});
export type SightingRow = z.infer<typeof row>;

interface Deps {
  state: Pick<State, 'list' | 'commit'>;
  clock: Pick<Clock, 'now'>;
  /** id of this node */
  nodeId: string;
  /** uuids of clusters that a pact was made with */
  pacts(): readonly string[];
}

/** What the nodes of this cluster see of others, in the shared state: each writes its own rows. */
export class Sightings {
  readonly #deps: Deps;

  constructor(deps: Deps) {
    this.#deps = deps;
  }

  /**
   * Writes what this node sees now, in place of what it saw before. What has not changed is not written
   * again at once, since in a large cluster all nodes may see the same.
   * @throws Failure of the state
   */
  async tell(rows: readonly SightingRow[], signal: AbortSignal): Promise<void> {
    const { state, nodeId } = this.#deps;
    const there = await state.list(`${SPLIT}${nodeId}/`, { signal });
    signal.throwIfAborted();
    const known = new Map(there.map(({ key, value }) => [key, row.safeParse(value).data]));
    const wanted = new Map(rows.map((one) => [this.#keyOf(one), one]));
    const writes = [
      ...[...wanted]
        .filter(([key, one]) => isNews(known.get(key), one))
        .map(([key, put]) => ({ key, put })),
      ...there.flatMap(({ key }) => (wanted.has(key) ? [] : [{ key, delete: true as const }])),
    ];
    if (writes.length > 0) await state.commit([], writes.slice(0, MAX_WRITES));
  }

  /** Takes away what nodes wrote that are gone. @throws Failure of the state */
  async sweep(signal: AbortSignal): Promise<void> {
    const { state } = this.#deps;
    const old = (await state.list(SPLIT, { signal }))
      .filter(({ value }) => !this.#isFresh(row.safeParse(value).data))
      .slice(0, MAX_WRITES);
    signal.throwIfAborted();
    const writes = old.map(({ key }) => ({ key, delete: true as const }));
    if (writes.length > 0) await state.commit([], writes);
  }

  /** Of all nodes, by cluster. @throws Failure of the state */
  async list(): Promise<Sighting[]> {
    const entries = await this.#deps.state.list(SPLIT, { stale: true });
    const rows = entries.flatMap(({ value }) => {
      const { data } = row.safeParse(value);
      return data !== undefined && this.#isFresh(data) ? [data] : [];
    });
    const same = Map.groupBy(rows, ({ kind, cluster }) => `${kind} ${cluster.uuid}`);
    const withPact = new Set(this.#deps.pacts());
    return [...same.values()]
      .flatMap((those) => united(those, withPact))
      .toSorted((a, b) => (a.cluster.name < b.cluster.name ? -1 : 1));
  }

  #keyOf({ cluster, kind }: SightingRow): string {
    return `${SPLIT}${this.#deps.nodeId}/${cluster.uuid}/${kind}`;
  }

  #isFresh(one: SightingRow | undefined): boolean {
    return one !== undefined && this.#deps.clock.now() - one.lastSeen < FRESH_MS;
  }
}

function isNews(before: SightingRow | undefined, now: SightingRow): boolean {
  if (before === undefined || now.lastSeen - before.lastSeen >= AGAIN_MS) return true;
  return canonical({ ...before, lastSeen: 0 }) !== canonical({ ...now, lastSeen: 0 });
}

function united(rows: readonly SightingRow[], withPact: ReadonlySet<string>): Sighting[] {
  const [first] = rows;
  if (first === undefined) return [];
  const { kind, cluster } = first;
  const pact = withPact.has(cluster.uuid);
  return [
    {
      kind,
      cluster,
      addresses: distinct(rows.flatMap(({ addresses }) => addresses)).slice(0, MAX_ADDRESSES),
      seen_by: distinct(rows.map(({ by }) => by)),
      via: distinct(rows.flatMap(({ via }) => via)),
      first_seen: Math.min(...rows.map(({ firstSeen }) => firstSeen)),
      last_seen: Math.max(...rows.map(({ lastSeen }) => lastSeen)),
      pact,
      remedy:
        kind === 'foreign' && pact
          ? 'A pact lets both call each other for a merge: plan it, or take the pact back.'
          : first.remedy,
    },
  ];
}

const distinct = <T extends string>(list: readonly T[]): T[] =>
  [...new Set(list)].toSorted((a, b) => (a < b ? -1 : 1));
