import type { Operation, OperationItem } from '#shared/contract/operations';

export type ItemState = OperationItem['state'];

const WORDS: Record<ItemState, string> = {
  running: 'running',
  waiting: 'waiting',
  done: 'done',
  failed: 'failed',
  unknown: 'unknown',
  cancelled: 'cancelled',
};
/** The order in which a person asks: what failed, what still runs, what is over. */
const ITEM_ORDER: readonly ItemState[] = [
  'failed',
  'unknown',
  'running',
  'waiting',
  'done',
  'cancelled',
];

export type ItemCounts = Record<ItemState, number>;

export function countItems(items: readonly Pick<OperationItem, 'state'>[]): ItemCounts {
  const counts: ItemCounts = {
    waiting: 0,
    running: 0,
    done: 0,
    failed: 0,
    cancelled: 0,
    unknown: 0,
  };
  for (const item of items) counts[item.state] += 1;
  return counts;
}

/** What became of an operation's items, in one sentence: `9 done, 1 failed`. */
export function summary(operation: Pick<Operation, 'items'>): string {
  const counts = countItems(operation.items);
  const parts = ITEM_ORDER.filter((state) => counts[state] > 0);
  if (parts.length === 1 && parts[0] === 'done') {
    return operation.items.length === 1 ? 'done' : `all ${operation.items.length} done`;
  }
  return parts.map((state) => `${counts[state]} ${WORDS[state]}`).join(', ');
}

/** The items that need a look stand first; else they stay as they were asked for. */
export function byUrgency(items: readonly OperationItem[]): OperationItem[] {
  return items.toSorted((a, b) => ITEM_ORDER.indexOf(a.state) - ITEM_ORDER.indexOf(b.state));
}

export interface EndNotice {
  id: string;
  tone: 'ok' | 'warning' | 'bad';
  title: string;
  detail: string;
}

/**
 * Which operations have just ended, as notices. One that was over when first seen is old news,
 * unless it began since: a quick one begins and ends between two pushes.
 * @param before states by id as last seen
 * @param sinceMs when one began to watch, ms since 1970
 */
export function justEnded(
  before: ReadonlyMap<string, Operation['state']>,
  now: readonly Operation[],
  sinceMs: number,
): EndNotice[] {
  return now.flatMap((operation) => {
    const seen = before.get(operation.id);
    const isNews = seen === 'running' || (seen === undefined && operation.createdAt >= sinceMs);
    if (!isNews || operation.state === 'running') return [];
    const { failed, unknown } = countItems(operation.items);
    const tone = failed > 0 ? 'bad' : unknown > 0 || operation.state !== 'done' ? 'warning' : 'ok';
    return [{ id: operation.id, tone, title: operation.title, detail: summary(operation) }];
  });
}
