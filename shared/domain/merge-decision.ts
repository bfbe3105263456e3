/** What one cluster shows of itself, as far as it matters for who stays. Times are unix ms. */
export interface MergeSide {
  cluster: { uuid: string; name: string };
  /** as persisted at the founding */
  created_at: number;
  /** by the same clock as `stable_since` */
  made_at: number;
  /** authenticated nodes */
  nodes: readonly { alive: boolean; stable_since: number | null }[];
}

/** Who stays and why; `by` names the first rule that tells the two apart. */
export interface Decision {
  gaining: MergeSide['cluster'];
  losing: MergeSide['cluster'];
  by: 'nodes' | 'age' | 'uuid' | 'admin';
  reason: string;
}

/** So long a node must have answered without a break to count. */
export const STABLE_MS = 5 * 60_000;

/** Nodes that answer, and have done so for five minutes. */
export const stableNodes = ({ nodes, made_at: now }: MergeSide): number =>
  nodes.filter(
    ({ alive, stable_since: since }) => alive && since !== null && now - since >= STABLE_MS,
  ).length;

/**
 * Which of two clusters stays: that with more nodes stable for five minutes, else the older one,
 * else the one with the smaller uuid. The same whichever of them is named first.
 * @param losing uuid of the one that an admin wants taken up, whatever the rules say
 */
export function decideMerge(a: MergeSide, b: MergeSide, losing?: string): Decision {
  const ruled = byRule(a, b);
  if (losing === undefined || losing === ruled.losing.uuid) return ruled;
  if (losing !== ruled.gaining.uuid) return ruled;
  return {
    gaining: ruled.losing,
    losing: ruled.gaining,
    by: 'admin',
    reason: `An administrator chose that ${ruled.losing.name} stays. By the rule ${ruled.gaining.name} would: ${ruled.reason}`,
  };
}

function byRule(a: MergeSide, b: MergeSide): Decision {
  const [countA, countB] = [stableNodes(a), stableNodes(b)];
  if (countA !== countB) {
    const [more, less] = countA > countB ? [a, b] : [b, a];
    const [most, least] = [Math.max(countA, countB), Math.min(countA, countB)];
    const reason = `${named(more, less)} has ${most} ${most === 1 ? 'node' : 'nodes'} stable for five minutes, ${named(less, more)} has ${least}.`;
    return decided(more, less, 'nodes', reason);
  }
  const both = `Both have ${countA === 0 ? 'no' : countA} ${countA === 1 ? 'node' : 'nodes'} stable for five minutes`;
  if (a.created_at !== b.created_at) {
    const [older, younger] = a.created_at < b.created_at ? [a, b] : [b, a];
    return decided(older, younger, 'age', `${both}; ${named(older, younger)} is the older one.`);
  }
  const [smaller, larger] = a.cluster.uuid < b.cluster.uuid ? [a, b] : [b, a];
  const reason = `${both} and are of the same age; the uuid of ${named(smaller, larger)} comes first.`;
  return decided(smaller, larger, 'uuid', reason);
}

const decided = (
  { cluster: gaining }: MergeSide,
  { cluster: losing }: MergeSide,
  by: Decision['by'],
  reason: string,
): Decision => ({ gaining, losing, by, reason });

/** Two clusters may have one name. */
const named = ({ cluster }: MergeSide, other: MergeSide) =>
  cluster.name === other.cluster.name
    ? `${cluster.name} (${cluster.uuid.slice(0, 8)})`
    : cluster.name;
