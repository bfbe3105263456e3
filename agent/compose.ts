import { join } from 'node:path';
import type { AgentConfig } from './config/schema';
import { loadNodeIdentity } from './identity/node-identity';
import type { Enrolment } from './identity/types';
import type { Clock, Commands, Logger, Machine, Supervisor } from './ports';

/** What the agent gets from its surroundings. */
export interface AgentPorts {
  clock: Clock;
  logger: Logger;
  commands: Commands;
  supervisor: Supervisor;
  machine: Machine;
  enrolment: Enrolment;
  nodeName: string;
  folders: { root: string; identity: string; daemons: string; socket: string };
  version: string;
}

export interface NodeAgent {
  /** Joins or founds the cluster and starts the roles; resolves when it takes part. */
  start(): Promise<void>;
  /** Ends the agent; daemons and jobs run on. */
  close(): Promise<void>;
}

/**
 * Builds the agent's parts, by hand.
 * @param signal aborts what waits
 */
export async function composeAgent(
  ports: AgentPorts,
  _config: AgentConfig,
  _signal: AbortSignal,
): Promise<NodeAgent> {
  const { clock, logger, folders, nodeName } = ports;
  const identity = await loadNodeIdentity(folders.identity, [nodeName, 'localhost'], clock.now());
  logger.info({ id: identity.id, folder: join(folders.root) }, 'This node');
  return {
    async start() {},
    async close() {},
  };
}
