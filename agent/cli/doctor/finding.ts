import type { AgentConfig } from '../../config/schema';
import type { Commands } from '../../ports';

export interface Finding {
  /** stable word for programs, as `munge-round-trip` */
  check: string;
  status: 'ok' | 'warning' | 'bad';
  message: string;
  /** what to do; '' where nothing is to be done */
  remedy: string;
}

/** What the checks look at. */
export interface Surroundings {
  config: AgentConfig;
  nodeName: string;
  folders: { root: string; identity: string };
  commands: Commands;
  /** ms since 1970 */
  now(): number;
  /** whether an agent answers on this machine: then its ports are taken by itself */
  isRunning: boolean;
  signal: AbortSignal;
}

export type Check = (surroundings: Surroundings) => Promise<Finding[]>;

export const ok = (check: string, message: string): Finding => ({
  check,
  status: 'ok',
  message,
  remedy: '',
});
export const warning = (check: string, message: string, remedy: string): Finding => ({
  check,
  status: 'warning',
  message,
  remedy,
});
export const bad = (check: string, message: string, remedy: string): Finding => ({
  check,
  status: 'bad',
  message,
  remedy,
});
