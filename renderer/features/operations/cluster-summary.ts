import type { ClusterOperation } from '#shared/contract/cluster-operations';
import { elapsed } from '../../ui/elapsed';

/** How far it is or how it ended, in a few words: `step 4 of 9: Start slurmctld on gpu-2`. */
export function clusterSummary(operation: ClusterOperation): string {
  const { state, steps, step, reason, createdAt, endedAt } = operation;
  switch (state) {
    case 'running': {
      if (step === null) return `${steps.done} of ${steps.total} steps`;
      const waits = step.waitingOn === null ? '' : `, waits for ${step.waitingOn}`;
      return `step ${steps.done + 1} of ${steps.total}: ${step.title}${waits}`;
    }
    case 'paused':
      return step === null ? 'waits for somebody' : `before “${step.title}”`;
    case 'stuck':
      return reason;
    case 'undoing':
      return reason === '' ? 'what was done is taken back' : reason;
    case 'done':
      return endedAt === null ? 'done' : `in ${elapsed(endedAt - createdAt)}`;
    case 'undone':
      return reason === '' ? 'everything is as before' : reason;
  }
}

/** What somebody should hear of wherever they are: its end, or that it needs a decision. */
export interface Turn {
  uuid: string;
  id: string;
  tone: 'ok' | 'bad';
  title: string;
  detail: string;
}

const TOLD: Partial<Record<ClusterOperation['state'], string>> = {
  done: 'It is done.',
  undone: 'It was undone: everything is as before.',
  stuck: 'It needs a decision.',
};

/**
 * Which operations have just turned, as messages. What was so when first seen is old news, unless it
 * began since.
 * @param before states by key as last seen
 * @param sinceMs when one began to watch, unix ms
 */
export function justTurned(
  before: ReadonlyMap<string, ClusterOperation['state']>,
  now: ReadonlyMap<string, ClusterOperation>,
  sinceMs: number,
): Turn[] {
  return [...now].flatMap(([key, operation]) => {
    const { state, reason } = operation;
    const seen = before.get(key);
    const told = TOLD[state];
    if (told === undefined || seen === state) return [];
    if (seen === undefined && operation.createdAt < sinceMs) return [];
    return [
      {
        uuid: operation.uuid,
        id: operation.id,
        // what is not plainly well stays until it was read
        tone: state === 'done' ? ('ok' as const) : ('bad' as const),
        title: operation.title,
        detail: reason === '' || state === 'done' ? told : `${told} ${reason}`,
      },
    ];
  });
}
