import { useEffect, useState } from 'react';
import type { ClusterOperationView, OperationPlace } from '#shared/contract/cluster-operations';
import { useClient } from '../../app/context';
import { isAbort, type Problem, problemOf } from '../../transport/failure';
import { clockLead } from './clock-lead';

const AGAIN_MS = 1000;

export interface Watched {
  /** null until the core has answered */
  view: ClusterOperationView | null;
  /** ms by which the cluster's clock is ahead of this one, as far as that is seen */
  leadMs: number;
  /** why it cannot be watched at all */
  problem: Problem | null;
}

const NOTHING: Watched = { view: null, leadMs: 0, problem: null };

/** Follows an operation; a lost connection to the core is no end, it is followed anew. */
export function useWatch({ uuid, id }: OperationPlace): Watched {
  const client = useClient();
  const [watched, setWatched] = useState(NOTHING);
  useEffect(() => {
    const stop = new AbortController();
    const { signal } = stop;
    const follow = async () => {
      while (!signal.aborted) {
        try {
          for await (const view of await client.clusterOperations.watch({ uuid, id }, { signal })) {
            setWatched(({ leadMs }) => ({
              view,
              leadMs: clockLead(leadMs, view, Date.now()),
              problem: null,
            }));
          }
        } catch (error) {
          if (signal.aborted || isAbort(error)) return;
          const problem = problemOf(error);
          if (problem.code !== null) return setWatched((before) => ({ ...before, problem }));
        }
        await new Promise((resolve) => setTimeout(resolve, AGAIN_MS));
      }
    };
    void follow();
    return () => stop.abort(new DOMException('Nobody watches it any more.', 'AbortError'));
  }, [client, uuid, id]);
  return watched;
}
