import type { AgentProblem } from '#shared/contract/agent/dashboard';
import { Failure } from '#shared/contract/errors';
import type { NodeMembership, Settled } from './membership/types';
import type { NodeState } from './node-state';
import type { Clock, Logger } from './ports';

const RETRY_MS = 5_000;

interface Deps {
  membership: NodeMembership;
  nodeState: NodeState;
  clock: Clock;
  logger: Logger;
}

export interface Joining {
  start(): void;
  /** rejects when this node cannot go on; resolves when it was closed */
  readonly ended: Promise<void>;
  /** resolves when this node takes part */
  readonly joined: Promise<void>;
  problems(): AgentProblem[];
  close(): Promise<void>;
}

/**
 * The way into the cluster: find or found it, take part in its state, register, then `enter`. Each
 * step waits for the one before; what fails is told and tried again.
 * @param enter starts what needs the cluster
 */
export function joining(
  { membership, nodeState, clock, logger }: Deps,
  enter: () => void,
): Joining {
  const ends = new AbortController();
  const { signal } = ends;
  const { promise: ended, resolve, reject } = Promise.withResolvers<void>();
  // whoever looks at it later must not find the process ended
  ended.catch(() => undefined);
  const { promise: joined, resolve: hasJoined } = Promise.withResolvers<void>();
  let problem: AgentProblem | null = null;
  let work: Promise<void> = Promise.resolve();

  const reach = async (settled: Settled) => {
    for (;;) {
      try {
        await nodeState.start(settled);
        problem = null;
        return;
      } catch (error) {
        if (signal.aborted || !(error instanceof Failure)) throw error;
        problem = {
          severity: 'bad',
          code: 'state-not-started',
          title: 'This node takes no part in the shared state',
          detail: error.message,
          remedy: error.data.remedy,
        };
        logger.error({ err: error }, 'The shared state could not be started');
        await clock.sleep(RETRY_MS, signal);
      }
    }
  };
  const join = async () => {
    const settled = await membership.settle(signal);
    logger.info({ how: settled.how }, 'The cluster was found');
    await reach(settled);
    await membership.attach(nodeState.state);
    enter();
    hasJoined();
    logger.info({}, 'This node takes part');
  };
  return {
    ended,
    joined,
    problems: () => (problem === null ? [] : [problem]),
    start() {
      work = join().catch((error: unknown) => {
        if (!signal.aborted) reject(error);
      });
    },
    async close() {
      ends.abort();
      await work;
      resolve();
    },
  };
}
