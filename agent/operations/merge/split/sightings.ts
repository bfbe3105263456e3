import { z } from 'zod';
import { clusterName, type Sighting, sighting } from '#shared/contract/agent/merge';
import type { Clock } from '../../../ports';
import type { State } from '../../../state/types';

const SPLIT = 'split/';
/** What no node has seen for so long is not told any more. */
const FRESH_MS = 15 * 60_000;
const MAX_ADDRESSES = 50;

/** `split/<uuid>/<kind>/<node id>`: what one node saw of one cluster. Unix ms. */
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

  /** Writes what this node sees now, in place of what it saw before. @throws Failure of the state */
  async tell(rows: readonly SightingRow[], signal: AbortSignal): Promise<void> {
    const { state } = this.#deps;
    const wanted = new Map(rows.map((one) => [this.#keyOf(one), one]));
    const there = await state.list(SPLIT, { signal });
    signal.throwIfAborted();
    const gone = there.filter(({ key, value }) => {
      if (wanted.has(key)) return false;
      return key.endsWith(`/${this.#deps.nodeId}`) || !this.#isFresh(row.safeParse(value).data);
    });
    const put = [...wanted].map(([key, value]) => ({ key, put: value }));
    const writes = [...put, ...gone.map(({ key }) => ({ key, delete: true as const }))];
    if (writes.length > 0) await state.commit([], writes.slice(0, 100));
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
    return `${SPLIT}${cluster.uuid}/${kind}/${this.#deps.nodeId}`;
  }

  #isFresh(one: SightingRow | undefined): boolean {
    return one !== undefined && this.#deps.clock.now() - one.lastSeen < FRESH_MS;
  }
}

function united(rows: readonly SightingRow[], withPact: ReadonlySet<string>): Sighting[] {
  const [first] = rows;
  if (first === undefined) return [];
  const distinct = <T>(list: readonly T[]) => [...new Set(list)].toSorted();
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
