import type { AgentProblem, RoleName, RoleState } from '#shared/contract/agent/dashboard';

/** A role that this node may hold. It observes what really runs; success is what was seen. */
export interface Role {
  readonly name: RoleName;
  /** Configures and starts what it needs, and goes on keeping it so. */
  start(): Promise<void>;
  /** Stops its service and proves that it stopped. Jobs go on running. @throws Failure TIMEOUT */
  stop(): Promise<void>;
  /** the last observation; asks nothing and never waits */
  state(): RoleState;
  /** What a person should know of it, with its next step; also without waiting. */
  problems(): readonly AgentProblem[];
}
