import { hostname } from 'node:os';
import { join } from 'node:path';
import { type ReadConfig, readConfig } from '../config/read';
import type { AgentConfig } from '../config/schema';
import type { AgentIo, Output } from './io';

export const DEFAULT_CONFIG = '/etc/clusterdeck/node-agent.yaml';

/** What every command gets. */
export interface CommandContext {
  io: AgentIo;
  out: Output;
  version: string;
  /** as named by --config or CLUSTERDECK_AGENT_CONFIG; null: the default, which need not exist */
  configPath: string | null;
}

/** @throws Failure NOT_FOUND | INVALID_INPUT */
export async function loadConfig(context: CommandContext): Promise<ReadConfig> {
  const { configPath, out } = context;
  const read = await readConfig(configPath ?? DEFAULT_CONFIG, { optional: configPath === null });
  for (const { line, column, message } of read.warnings) {
    out.note(`${read.path}:${line}:${column}: ${message}`);
  }
  return read;
}

/** The node's name: the configured one, else the first label of the machine's. */
export const nodeNameOf = (config: AgentConfig) =>
  config.identity.name ?? (hostname().split('.')[0] ?? '').toLowerCase();

/** Where the parts of the agent keep what must outlive it. */
export const stateFolders = (config: AgentConfig) => {
  const { state_dir: root } = config.identity;
  return {
    root,
    identity: join(root, 'identity'),
    daemons: join(root, 'daemons'),
    lock: join(root, 'agent.lock'),
    pid: join(root, 'agent.pid'),
    socket: join(root, 'agent.sock'),
  };
};
